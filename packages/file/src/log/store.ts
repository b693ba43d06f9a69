import { readdir } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type Checkable,
  type Clock,
  type Entry,
  type Flushable,
  isStateError,
  type ListedEntry,
  type Optimizable,
  type PluginContext,
  StateError,
  type StateStore,
} from '@switchyard/core'
import type { Change } from '../change.ts'
import { type DirectoryLock, lockDirectory } from '../directory-lock.ts'
import { corrupt, fileError } from '../errors.ts'
import { createGroupCommit, diskFailed, writesThrough } from '../group-commit.ts'
import type { FileOptions } from '../options.ts'
import { packBlock } from './block.ts'
import type { LocatedChange } from './located-change.ts'
import { createLogIndex, entryOf, hasExpired } from './log-index.ts'
import { readLogManifest, writeLogManifest } from './manifest.ts'
import { createQuickSync } from './quick-sync.ts'
import { recover } from './recovery.ts'
import type { Segment } from './segment.ts'
import { createSegments, type Segments } from './segments.ts'

/** Entries removed at once by a cleanup. */
const CLEANUP_STEP = 500
/** Keys counted or looked through before other work has its turn. */
const STEP = 20_000

/** Opens the log in a folder. `segmentBytes` is the size from which on a new segment is begun. */
export async function openLogStore(
  { path, durability = 'group' }: FileOptions,
  context: PluginContext,
  segmentBytes?: number,
): Promise<StateStore & Optimizable & Checkable & Flushable> {
  const lock = await lockDirectory(path)
  try {
    const index = createLogIndex()
    const manifest = (await readLogManifest(path)) ?? (await newLog(path))
    const segments = createSegments({
      folder: path,
      index,
      opened: await recover(path, manifest, index, context),
      clock: context.clock,
      synced: durability !== 'none',
      ...(segmentBytes !== undefined && { segmentBytes }),
      onError: (error) =>
        context.logger.warn(`Backend '${context.backend}': compaction failed: ${error.message}`),
    })
    return createLogStore({ path, durability, index, segments, lock, clock: context.clock })
  } catch (error) {
    lock.release()
    throw fileError(error, path)
  }
}

/** @throws StateError `CORRUPT` if there are segments of a log whose manifest is gone */
async function newLog(folder: string): Promise<{ readonly segments: readonly number[] }> {
  const names = await readdir(folder)
  if (names.some((name) => name.endsWith('.log'))) {
    throw corrupt(`${folder}/manifest.json`, 0, 'it is missing, and there are segments of a log')
  }
  const manifest = { segments: [] }
  await writeLogManifest(folder, manifest)
  return manifest
}

interface LogStoreParts {
  readonly path: string
  readonly durability: 'none' | 'group' | 'always'
  readonly index: ReturnType<typeof createLogIndex>
  readonly segments: Segments
  readonly lock: DirectoryLock
  readonly clock: Clock
}

function createLogStore({
  path,
  durability,
  index,
  segments,
  lock,
  clock,
}: LogStoreParts): StateStore & Optimizable & Checkable & Flushable {
  const quickSync = createQuickSync()
  let failure: StateError | undefined
  let closing: Promise<void> | undefined

  function read(key: string): Entry | undefined | Promise<Entry | undefined> {
    const found = index.live(key, clock.now())
    if (found === undefined) return undefined
    const value = found.segment.read(found)
    return value instanceof Promise ? readAgain(found, value) : entryOf(found, value)
  }

  /** A compaction may have removed the segment while it was read from. */
  async function readAgain(found: LocatedChange, value: Promise<Uint8Array>): Promise<Entry | undefined> {
    const { key, segment } = found
    try {
      return entryOf(found, await value)
    } catch (error) {
      if (index.find(key) === found && found.segment === segment) throw error
      return read(key)
    }
  }

  function commit(changes: readonly Change[]): Promise<void> | undefined {
    if (failure !== undefined) throw failure
    const segment = segments.active()
    return segment instanceof Promise
      ? segment.then((next) => append(next, changes))
      : append(segment, changes)
  }

  function append(segment: Segment, changes: readonly Change[]): Promise<void> | undefined {
    const { block, located } = packBlock(changes, segment)
    try {
      segment.append(block)
    } catch (error) {
      if (isStateError(error, 'READ_ONLY')) failure = diskFailed(path, error)
      throw error
    }
    const applied = (): undefined => {
      segments.applied(located)
      segments.compactIfWorthwhile()
    }
    if (durability === 'none') return applied()
    const failed = (cause: unknown): never => notSynced(segment, cause)
    let syncing: Promise<void> | undefined
    try {
      syncing = quickSync(segment)
    } catch (cause) {
      return failed(cause)
    }
    return syncing === undefined ? applied() : syncing.then(applied, failed)
  }

  /** What reached the disk is not known, and a second sync would not tell: the system forgets what it could not write. */
  function notSynced({ file }: Segment, cause: unknown): never {
    failure = diskFailed(path, cause)
    const message = `'${file}' could not be synced, so the write may or may not last: ${String(cause)}`
    throw new StateError('OUTCOME_UNKNOWN', message, { cause })
  }

  function readNow(key: string): Entry | undefined {
    const found = index.live(key, clock.now())
    return found && entryOf(found, found.segment.readNow(found))
  }

  const group = createGroupCommit({
    versionOf: (key) => index.live(key, clock.now())?.version,
    entryOf: readNow,
    commit,
    maxWrites: durability === 'always' ? 1 : Number.POSITIVE_INFINITY,
  })

  async function countExpired(): Promise<number> {
    let seen = 0
    let expired = 0
    for (const [, entry] of index.entries()) {
      if (hasExpired(entry, clock.now())) expired++
      if (++seen % STEP === 0) await nextTurn()
    }
    return expired
  }

  /** Removed as any other key is: an older segment may hold an entry of it that has no end. */
  async function removeExpired(keys: readonly string[]): Promise<readonly string[]> {
    return group.exclusively(async () => {
      const expired = keys.filter((key) => {
        const entry = index.find(key)
        return entry !== undefined && hasExpired(entry, clock.now())
      })
      if (expired.length > 0) await commit(expired.map((key) => ({ key, entry: undefined })))
      return expired
    })
  }

  async function close(): Promise<void> {
    try {
      await group.idle()
      await segments.close()
    } finally {
      lock.release()
    }
  }

  return {
    get: (key) => read(key),
    getMany: async (keys) => Promise.all(keys.map(read)),
    async *list({ prefix = '', after, limit = 1000, keysOnly = false, signal } = {}) {
      for (let last = after; ; ) {
        signal?.throwIfAborted()
        const keys = index.sorted.range(prefix, last, limit)
        last = keys.at(-1)
        if (last === undefined) return
        const page: ListedEntry[] = []
        for (const key of keys) {
          if (keysOnly) {
            if (index.live(key, clock.now()) !== undefined) page.push({ key })
            continue
          }
          const found = read(key)
          const entry = found instanceof Promise ? await found : found
          if (entry !== undefined) page.push({ key, entry })
        }
        if (page.length > 0) yield page
      }
    },
    ...writesThrough(group),
    async stats() {
      const expired = await countExpired()
      return {
        keys: index.size - expired,
        bytes: segments.bytes,
        expired,
        detail: { segments: segments.count, deadBytes: segments.dead },
      }
    },
    async cleanup({ signal, onRemoved } = {}) {
      let removed = 0
      let seen = 0
      let keys: string[] = []
      const flush = async (): Promise<void> => {
        const gone = await removeExpired(keys)
        keys = []
        removed += gone.length
        if (gone.length > 0) onRemoved?.(gone)
      }
      for (const [key, entry] of index.entries()) {
        if (hasExpired(entry, clock.now())) keys.push(key)
        if (keys.length === CLEANUP_STEP) await flush()
        else if (++seen % STEP === 0) await nextTurn()
        signal?.throwIfAborted()
      }
      await flush()
      return { removed }
    },
    async optimize() {
      const bytesBefore = segments.bytes
      await group.exclusively(() => segments.rotate())
      await segments.compact()
      return { bytesBefore, bytesAfter: segments.bytes }
    },
    checkHealth: async () =>
      failure === undefined ? { healthy: true } : { healthy: false, reason: failure.message },
    async flush() {
      if (durability === 'none') await group.exclusively(() => segments.sync())
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}
