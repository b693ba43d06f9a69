import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StateError } from './errors.ts'

/** What the names of files begin with that are not whole yet. What a killed process has left of them can go. */
export const UNFINISHED = '.new-'

/**
 * Writes a file whole and durably, or leaves the one that is there.
 *
 * @throws StateError `FULL`, `READ_ONLY` or `BACKEND_ERROR` if that one was left, `OUTCOME_UNKNOWN` if that is not certain
 */
export async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(path)
  const unfinished = join(folder, `${UNFINISHED}${basename(path)}-${randomUUID()}`)
  try {
    const file = await open(unfinished, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw notReplaced(error, path)
  }
  try {
    await rename(unfinished, path)
    await syncFolder(folder)
  } catch (error) {
    const message = `'${path}' may or may not have been replaced: ${(error as Error).message}`
    throw new StateError('OUTCOME_UNKNOWN', message, { cause: error })
  }
}

/** What was made, renamed or removed in a folder survives the end of the machine only once the folder is synced. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows knows no handle of a folder, and keeps the order of its changes by itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function notReplaced(error: unknown, path: string): StateError {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StateError('FULL', `The disk is full: '${path}' was not replaced; free some space`, {
      cause: error,
    })
  }
  const kind = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'READ_ONLY' : 'BACKEND_ERROR'
  return new StateError(kind, `'${path}' was not replaced: ${message}`, { cause: error })
}
