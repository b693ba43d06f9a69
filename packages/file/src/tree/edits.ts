import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger, StoreChange } from '@switchyard/core'
import { broken } from '../errors.ts'
import { MANIFEST } from '../manifest.ts'
import { fileNameOf, isShard } from './file-name.ts'
import { readDocument } from './read-document.ts'
import { scanFolder } from './scan.ts'
import { isSameStamp, type Stamp, type TreeIndex } from './tree-index.ts'
import type { FileWriter } from './write-files.ts'

/** Files read before other work has its turn. */
const STEP = 64
/** A file that makes no sense may be one that is still being written. */
const SECOND_LOOK_MS = 1000

/** Takes what is in files into the index: all of them at opening, later those that somebody has touched. */
export interface Edits {
  /** At opening: what is broken is reported at once. */
  load(files: readonly string[], signal: AbortSignal): Promise<void>
  /** `names`: files and shards. */
  take(names: readonly string[]): Promise<void>
}

export interface EditsOptions {
  readonly folder: string
  readonly index: TreeIndex
  readonly writer: FileWriter
  readonly logger: Logger
  readonly backend: string
  readonly onChange: (change: StoreChange) => void
  readonly lookAgain: (file: string, afterMs: number) => void
}

export function createEdits(options: EditsOptions): Edits {
  const { folder, index, writer, logger, backend, onChange, lookAgain } = options
  /** Broken when they were looked at first. */
  const suspected = new Map<string, Stamp | undefined>()

  function report(file: string, stamp: Stamp | undefined, error: ReturnType<typeof broken>): void {
    index.breakFile(file, { error, stamp })
    logger.warn(`Backend '${backend}': ${error.message}`)
  }

  function isSuspected(file: string, stamp: Stamp | undefined): boolean {
    return suspected.has(file) && isSameStamp(suspected.get(file), stamp)
  }

  function gone(file: string): void {
    suspected.delete(file)
    index.mend(file)
    const key = index.keyOf(file)
    if (key === undefined) return
    index.delete(key)
    onChange({ type: 'delete', key })
  }

  /** `patient`: a file that makes no sense gets a second look before it is reported. */
  async function take(file: string, patient: boolean): Promise<void> {
    const path = join(folder, file)
    const read = readDocument(path)
    if (read === undefined) return gone(file)
    if ('error' in read) {
      const { stamp } = read
      const known = index.broken.get(file)
      if (known !== undefined && isSameStamp(known.stamp, stamp)) return
      if (patient && !isSuspected(file, stamp)) {
        suspected.set(file, stamp)
        lookAgain(file, SECOND_LOOK_MS)
        return
      }
      suspected.delete(file)
      return report(file, stamp, read.error)
    }
    suspected.delete(file)
    const { document, stamp } = read
    const { key, entry } = document
    const place = fileNameOf(key)
    if (place !== file) {
      if (index.keys.has(key) || existsSync(join(folder, place))) {
        const what = `it has the key ${JSON.stringify(key)}, whose file is '${place}'`
        return report(file, stamp, broken(path, 0, what, key))
      }
      await writer.move(file, place)
      gone(file)
    }
    index.mend(file)
    const before = index.keys.get(key)?.entry
    index.set(key, entry, stamp)
    if (before?.version === entry.version && before.expiresAt === entry.expiresAt) return
    const { version, expiresAt } = entry
    onChange({ type: 'set', key, version, ...(expiresAt !== undefined && { expiresAt }) })
  }

  /** The files that are or were in what was touched. */
  function filesOf(names: readonly string[]): readonly string[] {
    const files = new Set<string>()
    for (const name of names) {
      if (!isShard(name) && name !== '') {
        files.add(name)
        continue
      }
      for (const file of index.filesIn(name)) files.add(file)
      if (!existsSync(join(folder, name))) continue
      for (const file of scanFolder(folder, name).documents) files.add(file)
    }
    return [...files]
  }

  return {
    async load(files, signal) {
      // Those in their own place first: a copy elsewhere is the one that is reported.
      const ordered = [
        ...files.filter((file) => file.includes('/')),
        ...files.filter((file) => !file.includes('/')),
      ]
      for (const [i, file] of ordered.entries()) {
        if (i % STEP === 0) {
          await nextTurn()
          signal.throwIfAborted()
        }
        await take(file, false)
      }
    },
    async take(names) {
      for (const [i, file] of filesOf(names).entries()) {
        if (i % STEP === 0) await nextTurn()
        // Without it the folder is not there any more, such as a disk that was taken away; nobody deleted the keys.
        if (!existsSync(join(folder, MANIFEST))) return
        await take(file, true)
      }
    },
  }
}
