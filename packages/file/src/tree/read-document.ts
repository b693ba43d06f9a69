import { closeSync, constants, fstatSync, openSync, readFileSync, utimesSync } from 'node:fs'
import { isStateError, StateError } from '@switchyard/core'
import { broken } from '../errors.ts'
import { type Document, decodeDocument } from './document.ts'
import { type Stamp, stampOf } from './tree-index.ts'

/** What was found in a file, or why it cannot be served. */
export type ReadDocument =
  | { readonly document: Document; readonly stamp: Stamp }
  | { readonly error: StateError; readonly stamp: Stamp | undefined }

/** Undefined if there is no such file. @throws StateError if the system cannot read it */
export function readDocument(path: string): ReadDocument | undefined {
  let fd: number
  try {
    // A link would lead out of the folder, a pipe would never answer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP') return { error: broken(path, 0, 'it is a link'), stamp: undefined }
    throw unreadable(error, path)
  }
  try {
    const stats = fstatSync(fd)
    const stamp = stampOf(stats)
    if (!stats.isFile()) return { error: broken(path, 0, 'it is not a file'), stamp }
    try {
      const document = decodeDocument(readFileSync(fd), path, stats.mtimeMs)
      return { document, stamp: restamp(path, document, stamp) }
    } catch (error) {
      if (isStateError(error, 'CORRUPT')) return { error, stamp }
      throw unreadable(error, path)
    }
  } finally {
    closeSync(fd)
  }
}

/** A copy has another time than the original; with the time that it was written with, damage is told from an edit again. */
function restamp(path: string, { written }: Document, stamp: Stamp): Stamp {
  if (written === undefined || Math.round(stamp.modified) === written) return stamp
  try {
    utimesSync(path, written / 1000, written / 1000)
  } catch {
    // Another user's file; it can be served without the time.
    return stamp
  }
  return { ...stamp, modified: written }
}

function unreadable(error: unknown, path: string): StateError {
  const message = `'${path}' cannot be read: ${(error as Error).message}`
  return new StateError('BACKEND_ERROR', message, { cause: error })
}
