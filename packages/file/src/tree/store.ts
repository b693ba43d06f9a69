import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  asStateError,
  type Checkable,
  type Flushable,
  isExpired,
  isStateError,
  type ListedEntry,
  type PluginContext,
  type StateError,
  type StateStore,
  type Watchable,
} from '@switchyard/core'
import type { Change } from '../change.ts'
import { type DirectoryLock, lockDirectory } from '../directory-lock.ts'
import { fileError } from '../errors.ts'
import { createGroupCommit, diskFailed, writesThrough } from '../group-commit.ts'
import { readManifest, writeManifest } from '../manifest.ts'
import type { FileOptions } from '../options.ts'
import { createChanges } from './changes.ts'
import { encodeDocument, writtenAt } from './document.ts'
import { createEdits } from './edits.ts'
import { fileNameOf } from './file-name.ts'
import { finishIntent } from './intent.ts'
import { scan } from './scan.ts'
import { createTreeIndex } from './tree-index.ts'
import { createWatcher } from './watcher.ts'
import { createFileWriter, type FileChange } from './write-files.ts'

type TreeStore = StateStore & Watchable & Checkable & Flushable

/** Entries removed at once by a cleanup. */
const CLEANUP_STEP = 500

/** Opens the tree of files in a folder, all of which is read. */
export async function openTreeStore(options: FileOptions, context: PluginContext): Promise<TreeStore> {
  const { path } = options
  const lock = await lockDirectory(path)
  try {
    if ((await readManifest(path, 'tree')) === undefined) await writeManifest(path, 'tree')
    await finishIntent(path)
    const { documents, leftovers } = scan(path)
    for (const file of leftovers) await rm(join(path, file), { force: true })
    return await createTreeStore(options, context, documents, lock)
  } catch (error) {
    lock.release()
    throw fileError(error, path)
  }
}

async function createTreeStore(
  { path, durability = 'group' }: FileOptions,
  { backend, clock, logger, signal }: PluginContext,
  documents: readonly string[],
  lock: DirectoryLock,
): Promise<TreeStore> {
  const index = createTreeIndex()
  const changes = createChanges()
  const writer = createFileWriter(path, durability !== 'none')
  let failure: StateError | undefined
  let closing: Promise<void> | undefined

  const watcher = createWatcher({
    folder: path,
    onTouched: (names) => void takeEdits(() => edits.take(names)),
    onMissed: () => void takeEdits(() => edits.takeMissed()),
    onError: (error) => logger.warn(`Backend '${backend}': ${error.message}`),
  })
  const edits = createEdits({
    folder: path,
    index,
    writer,
    logger,
    backend,
    onChange: (change) => changes.tell(change),
    lookAgain: (name, afterMs) => watcher.lookAgain(name, afterMs),
  })

  async function takeEdits(take: () => Promise<void>): Promise<void> {
    try {
      await group.exclusively(take)
    } catch (error) {
      const { message } = asStateError(error, { backend, operation: 'watch' })
      logger.warn(`Backend '${backend}': edits could not be read: ${message}`)
    }
  }

  /** Not so if a key came and went within one group. */
  function isNeeded({ key, entry }: Change): boolean {
    return entry !== undefined || index.keys.has(key) || index.broken.has(fileNameOf(key))
  }

  function fileChange({ key, entry }: Change): FileChange {
    const file = fileNameOf(key)
    if (entry === undefined) {
      // A broken one has none.
      return { file, content: undefined, version: index.keys.get(key)?.entry.version ?? '' }
    }
    const written = writtenAt(clock.now())
    return { file, content: encodeDocument(key, entry, written), written }
  }

  async function commit(staged: readonly Change[], together: boolean): Promise<void> {
    if (failure !== undefined) throw failure
    try {
      const stamps = await writer.write(staged.filter(isNeeded).map(fileChange), together)
      for (const change of staged) applied(change, stamps)
    } catch (error) {
      if (isStateError(error, 'OUTCOME_UNKNOWN')) failure = diskFailed(path, error)
      throw error
    }
  }

  function applied({ key, entry }: Change, stamps: Awaited<ReturnType<typeof writer.write>>): void {
    const file = fileNameOf(key)
    const stamp = stamps.get(file)
    index.mend(file)
    if (entry === undefined || stamp === undefined) {
      index.delete(key)
      changes.tell({ type: 'delete', key, own: true })
      return
    }
    index.set(key, entry, stamp)
    const { version, expiresAt } = entry
    changes.tell({ type: 'set', key, version, ...(expiresAt !== undefined && { expiresAt }), own: true })
  }

  const group = createGroupCommit({
    versionOf: (key) => index.versionOf(key, clock.now()),
    entryOf: (key) => index.live(key, clock.now()),
    commit,
    maxWrites: durability === 'always' ? 1 : Number.POSITIVE_INFINITY,
  })

  async function removeExpired(keys: readonly string[]): Promise<readonly string[]> {
    return group.exclusively(async () => {
      const expired = keys.filter((key) => hasExpired(key))
      if (expired.length > 0)
        await commit(
          expired.map((key) => ({ key, entry: undefined })),
          false,
        )
      return expired
    })
  }

  function hasExpired(key: string): boolean {
    const entry = index.keys.get(key)?.entry
    return entry !== undefined && isExpired(entry, clock.now())
  }

  /** Nothing touches the folder after it. */
  async function stop(): Promise<void> {
    watcher.close()
    edits.close()
    changes.close()
    await group.idle()
  }

  async function close(): Promise<void> {
    try {
      await stop()
    } finally {
      lock.release()
    }
  }

  try {
    await group.exclusively(() => edits.load(documents, signal))
  } catch (error) {
    await stop()
    throw error
  }

  return {
    get: (key) => index.live(key, clock.now()),
    getMany: async (keys) => keys.map((key) => index.live(key, clock.now())),
    async *list({ prefix = '', after, limit = 1000, keysOnly = false, signal: stop } = {}) {
      for (let last = after; ; ) {
        stop?.throwIfAborted()
        index.assertWhole(prefix)
        const keys = index.sorted.range(prefix, last, limit)
        last = keys.at(-1)
        if (last === undefined) return
        const page: ListedEntry[] = []
        for (const key of keys) {
          const entry = index.live(key, clock.now())
          if (entry !== undefined) page.push(keysOnly ? { key } : { key, entry })
        }
        if (page.length > 0) yield page
      }
    },
    ...writesThrough(group),
    async stats() {
      let bytes = 0
      let expired = 0
      for (const [key, { stamp }] of index.keys) {
        bytes += stamp.size
        if (hasExpired(key)) expired++
      }
      return { keys: index.keys.size - expired, bytes, expired, detail: { broken: index.broken.size } }
    },
    async cleanup({ signal: stop, onRemoved } = {}) {
      let removed = 0
      const expired = [...index.keys.keys()].filter(hasExpired)
      for (let i = 0; i < expired.length; i += CLEANUP_STEP) {
        stop?.throwIfAborted()
        const gone = await removeExpired(expired.slice(i, i + CLEANUP_STEP))
        removed += gone.length
        if (gone.length > 0) onRemoved?.(gone)
      }
      return { removed }
    },
    watch: (prefix, { signal: stop } = {}) => changes.watch(prefix, stop),
    async checkHealth() {
      const [broken] = index.broken.values()
      const reason = failure?.message ?? broken?.error.message
      return reason === undefined
        ? { healthy: true }
        : { healthy: false, reason, detail: { broken: index.broken.size } }
    },
    flush: () => group.exclusively(() => writer.flush()),
    close() {
      closing ??= close()
      return closing
    },
  }
}
