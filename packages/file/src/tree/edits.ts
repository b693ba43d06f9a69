import { existsSync, lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger, StateError, StoreChange } from '@switchyard/core'
import { broken } from '../errors.ts'
import { MANIFEST } from '../manifest.ts'
import { fileNameOf, isShard } from './file-name.ts'
import { type ReadDocument, readDocument } from './read-document.ts'
import { scanFolder, shardsIn } from './scan.ts'
import { isSameStamp, type Stamp, stampOf, type TreeIndex } from './tree-index.ts'
import type { FileWriter } from './write-files.ts'

/** Files read before other work has its turn. */
const STEP = 64
/** A file that makes no sense may be one that is still being written. */
const SECOND_LOOK_MS = 1000
/** Of what the system has refused: nothing may tell when it would not any more. */
const NEXT_TRY_MS = 10_000

/** Takes what is in files into the index: all of them at opening, later those that somebody has touched. */
export interface Edits {
  /** At opening: what is broken is reported at once. */
  load(files: readonly string[], signal: AbortSignal): Promise<void>
  /** `names`: files and shards. */
  take(names: readonly string[]): Promise<void>
  /** All files that are not as they were read or written last, though nobody told of them. */
  takeMissed(): Promise<void>
  /** Idempotent. No file is touched any more, but by what is on its way. */
  close(): void
}

export interface EditsOptions {
  readonly folder: string
  readonly index: TreeIndex
  readonly writer: FileWriter
  readonly logger: Logger
  readonly backend: string
  readonly onChange: (change: StoreChange) => void
  readonly lookAgain: (name: string, afterMs: number) => void
}

export function createEdits(options: EditsOptions): Edits {
  const { folder, index, writer, logger, backend, onChange, lookAgain } = options
  /** Broken when they were looked at first, and when that was. */
  const suspected = new Map<string, { readonly stamp: Stamp | undefined; readonly since: number }>()
  let closed = false

  function report(file: string, stamp: Stamp | undefined, error: StateError): void {
    index.breakFile(file, { error, stamp })
    logger.warn(`Backend '${backend}': ${error.message}`)
  }

  function isReported(file: string, stamp: Stamp | undefined): boolean {
    const known = index.broken.get(file)
    return known !== undefined && isSameStamp(known.stamp, stamp)
  }

  /** For how long the file has been broken as it is now. */
  function brokenForMs(file: string, stamp: Stamp | undefined): number {
    const now = performance.now()
    const known = suspected.get(file)
    if (known !== undefined && isSameStamp(known.stamp, stamp)) return now - known.since
    suspected.set(file, { stamp, since: now })
    return 0
  }

  function gone(file: string): void {
    suspected.delete(file)
    index.mend(file)
    const key = index.keyOf(file)
    if (key === undefined) return
    index.delete(key)
    onChange({ type: 'delete', key })
  }

  /** What the system refuses concerns that file alone. */
  function read(file: string): ReadDocument | undefined {
    try {
      return readDocument(join(folder, file))
    } catch (error) {
      lookAgain(file, NEXT_TRY_MS)
      return { error: error as StateError, stamp: undefined }
    }
  }

  /** `patient`: a file that makes no sense gets a second look before it is reported. */
  async function take(file: string, patient: boolean): Promise<void> {
    const found = read(file)
    if (found === undefined) return gone(file)
    if ('error' in found) {
      const { stamp } = found
      if (isReported(file, stamp)) return
      const leftMs = patient ? SECOND_LOOK_MS - brokenForMs(file, stamp) : 0
      // Its folder may be looked at meanwhile.
      if (leftMs > 0) return lookAgain(file, leftMs)
      suspected.delete(file)
      return report(file, stamp, found.error)
    }
    suspected.delete(file)
    const { document, stamp } = found
    const { key, entry } = document
    const place = fileNameOf(key)
    if (place !== file) {
      if (index.keys.has(key) || existsSync(join(folder, place))) {
        const what = `it has the key ${JSON.stringify(key)}, whose file is '${place}'`
        return report(file, stamp, broken(join(folder, file), 0, what, key))
      }
      try {
        await writer.move(file, place)
      } catch (error) {
        lookAgain(file, NEXT_TRY_MS)
        if (!isReported(file, stamp)) report(file, stamp, error as StateError)
        return
      }
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
    const folders = new Set(names.filter((name) => isShard(name) || name === ''))
    const files = new Set(names.filter((name) => !folders.has(name)))
    if (folders.size === 0) return [...files]
    for (const file of index.files()) if (folders.has(dirname(file))) files.add(file)
    for (const shard of folders) for (const file of documentsIn(shard)) files.add(file)
    return [...files]
  }

  function documentsIn(shard: string): readonly string[] {
    try {
      return scanFolder(folder, shard).documents
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      lookAgain(shard, NEXT_TRY_MS)
      const path = join(folder, shard)
      logger.warn(`Backend '${backend}': '${path}' cannot be read for edits: ${(error as Error).message}`)
      return []
    }
  }

  function isAsKnown(file: string): boolean {
    const stamp = index.stampOf(file)
    if (stamp === undefined) return false
    try {
      return isSameStamp(stampOf(lstatSync(join(folder, file))), stamp)
    } catch {
      // Whatever it is, it is found when the file is read.
      return false
    }
  }

  async function takeAll(files: readonly string[]): Promise<void> {
    for (const [i, file] of files.entries()) {
      if (i % STEP === 0) await nextTurn()
      // Without it the folder is not there any more, such as a disk that was taken away; nobody deleted the keys.
      if (closed || !existsSync(join(folder, MANIFEST))) return
      await take(file, true)
    }
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
      if (!closed) await takeAll(filesOf(names))
    },
    async takeMissed() {
      const files = new Set(index.files())
      for (const shard of closed ? [] : ['', ...shardsIn(folder)]) {
        for (const file of documentsIn(shard)) files.add(file)
      }
      const missed: string[] = []
      for (const [i, file] of [...files].entries()) {
        if (i % STEP === 0) await nextTurn()
        if (closed) return
        if (!isAsKnown(file)) missed.push(file)
      }
      await takeAll(missed)
    },
    close() {
      closed = true
    },
  }
}
