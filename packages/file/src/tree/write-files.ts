import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  fsync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { StateError, syncFolder, UNFINISHED } from '@switchyard/core'
import { fileError } from '../errors.ts'
import { removeIntent, writeIntent } from './intent.ts'
import { type Stamp, stampOf } from './tree-index.ts'

const sync = promisify(fsync)

/** Files that are written and synced side by side. */
const PARALLEL = 32
/** Files renamed before other work has its turn. */
const STEP = 256

/** What becomes of a file, named from the folder. */
export type FileChange =
  | { readonly file: string; readonly content: string; readonly written: number }
  /** Removed. `version`: of the entry that goes. */
  | { readonly file: string; readonly content: undefined; readonly version: string }

export interface FileWriter {
  /**
   * Makes the changes: each by itself, or, `together`, all or none of them, even if the process or the machine ends. The
   * stamps are those of the files that were written.
   *
   * @throws StateError and nothing was changed; with `OUTCOME_UNKNOWN` some of it may have been
   */
  write(changes: readonly FileChange[], together: boolean): Promise<ReadonlyMap<string, Stamp>>
  /** Syncs what was written without it. */
  flush(): Promise<void>
  /** Moves a file that is complete to its place. */
  move(from: string, to: string): Promise<void>
}

interface Staged {
  readonly temporary: string
  readonly stamp: Stamp
}

/** @param durable whether what is written must outlast the machine */
export function createFileWriter(folder: string, durable: boolean): FileWriter {
  const known = new Set<string>()
  /** Files that were written, moved or removed and are not synced. */
  const unsynced = new Set<string>()

  /** True if it had to be made. */
  function makeFolderOf(file: string): boolean {
    const shard = dirname(file)
    if (known.has(shard)) return false
    const path = join(folder, shard)
    try {
      mkdirSync(path, { mode: 0o700 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      // A link would lead out of the folder.
      if (!lstatSync(path).isDirectory()) {
        throw new StateError(
          'BACKEND_ERROR',
          `'${path}' is in the way: a folder is needed there; move it away`,
        )
      }
      known.add(shard)
      return false
    }
    known.add(shard)
    return true
  }

  function create(file: string, content: string, written: number, opened: number[]): Staged {
    // Never the same twice: an intent that comes back after a crash must find no other write's file under it.
    const temporary = `${dirname(file)}/${UNFINISHED}${randomUUID()}`
    const fd = openSync(join(folder, temporary), 'wx', 0o600)
    opened.push(fd)
    writeFileSync(fd, content)
    futimesSync(fd, written / 1000, written / 1000)
    return { temporary, stamp: stampOf(fstatSync(fd)) }
  }

  /** Writes the new files under names that do not count yet. */
  async function stage(
    changes: readonly FileChange[],
    staged: Map<string, Staged>,
    synced: boolean,
  ): Promise<void> {
    let madeFolder = false
    for (let i = 0; i < changes.length; i += PARALLEL) {
      const opened: number[] = []
      try {
        for (const change of changes.slice(i, i + PARALLEL)) {
          if (change.content === undefined) continue
          madeFolder = makeFolderOf(change.file) || madeFolder
          staged.set(change.file, create(change.file, change.content, change.written, opened))
        }
        if (synced) await settled(opened.map((fd) => sync(fd)))
      } finally {
        for (const fd of opened) closeSync(fd)
      }
      if (!synced) await nextTurn()
    }
    if (madeFolder && synced) await syncFolder(folder)
  }

  function removeStaged(staged: ReadonlyMap<string, Staged>): void {
    for (const { temporary } of staged.values()) rmSync(join(folder, temporary), { force: true })
  }

  async function syncFolders(files: readonly string[]): Promise<void> {
    if (!durable) {
      for (const file of files) unsynced.add(file)
      return
    }
    await syncFoldersOf(files)
  }

  async function syncFoldersOf(files: readonly string[]): Promise<void> {
    const folders = [...new Set(files.map((file) => dirname(file)))]
    for (let i = 0; i < folders.length; i += PARALLEL) {
      await settled(folders.slice(i, i + PARALLEL).map((name) => syncFolder(join(folder, name))))
    }
  }

  async function replace(changes: readonly FileChange[], staged: ReadonlyMap<string, Staged>): Promise<void> {
    let count = 0
    for (const { file } of changes) {
      const next = staged.get(file)
      if (next === undefined) rmSync(join(folder, file), { force: true })
      else renameSync(join(folder, next.temporary), join(folder, file))
      if (++count % STEP === 0) await nextTurn()
    }
    await syncFolders(changes.map(({ file }) => file))
  }

  return {
    async write(changes, together) {
      const staged = new Map<string, Staged>()
      const withIntent = together && changes.length > 1
      // A whole intent that names torn files would put them in the place of good ones.
      const synced = durable || withIntent
      try {
        await stage(changes, staged, synced).catch((error: NodeJS.ErrnoException) => {
          // Somebody removed a folder meanwhile; once more, from the start.
          if (error.code !== 'ENOENT') throw error
          known.clear()
          return stage(changes, staged, synced)
        })
        if (withIntent) {
          const steps = changes.map((change) => {
            const next = staged.get(change.file)
            if (next !== undefined) return { file: change.file, temporary: next.temporary }
            return { file: change.file, version: change.content === undefined ? change.version : '' }
          })
          await writeIntent(folder, steps)
        }
      } catch (error) {
        if (withIntent) removeIntent(folder)
        removeStaged(staged)
        throw fileError(error, folder)
      }
      try {
        await replace(changes, staged)
        if (withIntent) removeIntent(folder)
      } catch (cause) {
        const message = `Some files in '${folder}' could not be replaced, so the write may or may not last: ${String(cause)}`
        throw new StateError('OUTCOME_UNKNOWN', message, { cause })
      }
      return new Map(Array.from(staged, ([file, { stamp }]) => [file, stamp]))
    },
    async flush() {
      const files = [...unsynced]
      unsynced.clear()
      try {
        for (let i = 0; i < files.length; i += PARALLEL) {
          await settled(files.slice(i, i + PARALLEL).map((file) => syncFile(join(folder, file))))
        }
        await syncFoldersOf([...files, 'folder'])
      } catch (error) {
        for (const file of files) unsynced.add(file)
        throw fileError(error, folder)
      }
    },
    async move(from, to) {
      try {
        makeFolderOf(to)
        renameSync(join(folder, from), join(folder, to))
        await syncFolders([from, to, to.slice(0, 2)])
      } catch (error) {
        throw fileError(error, join(folder, from))
      }
    },
  }
}

async function syncFile(path: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(path, 'r')
  } catch (error) {
    // Removed since.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Waits for all of them, so that nothing is closed under one that still runs; then throws what the first one threw. */
async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
