import {
  type Check,
  conflict,
  createKeyIndex,
  type Entry,
  incrementEntry,
  isExpired,
  notAllApplied,
  type Operation,
  type OperationResult,
  type PluginContext,
  StateError,
  type StateStore,
  type WriteBatch,
  type WriteResult,
} from '@switchyard/core'
import type { MemoryOptions } from './options.ts'

/** With 'lru', how often expired entries are looked for before the oldest goes. */
const LOOK_INTERVAL_MS = 1000

/** A store in a Map. With `eviction: 'lru'` the Map's own order is that of use. */
export function createMemoryStore(
  options: MemoryOptions,
  { clock }: Pick<PluginContext, 'clock'>,
): StateStore {
  const {
    maxEntries = Number.POSITIVE_INFINITY,
    maxBytes = Number.POSITIVE_INFINITY,
    eviction = 'refuse',
  } = options
  const entries = new Map<string, Entry>()
  const expiring = new Set<string>()
  const index = createKeyIndex(entries)
  const lru = eviction === 'lru'
  let bytes = 0
  /** No entry expires before this instant. */
  let firstExpiry = Number.POSITIVE_INFINITY
  let lastLook = Number.NEGATIVE_INFINITY
  /** What the atomic batch under way has evicted, in case it fails. */
  let evicted: [string, Entry][] | undefined

  function live(key: string): Entry | undefined {
    const entry = entries.get(key)
    return entry === undefined || (entry.expiresAt !== undefined && clock.now() >= entry.expiresAt)
      ? undefined
      : entry
  }

  function read(key: string): Entry | undefined {
    const entry = live(key)
    if (lru && entry !== undefined) {
      entries.delete(key)
      entries.set(key, entry)
    }
    return entry
  }

  function put(key: string, entry: Entry): void {
    while (isTooFull(key, entry)) makeRoom(key, entry)
    const before = entries.get(key)
    bytes += sizeOf(key, entry) - (before === undefined ? 0 : sizeOf(key, before))
    if (lru && before !== undefined) entries.delete(key)
    entries.set(key, entry)
    if (before === undefined) index.add(key)
    if (entry.expiresAt !== undefined) {
      expiring.add(key)
      firstExpiry = Math.min(firstExpiry, entry.expiresAt)
    } else if (before?.expiresAt !== undefined) {
      expiring.delete(key)
    }
  }

  function remove(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    expiring.delete(key)
    bytes -= sizeOf(key, entry)
    index.delete()
  }

  function isTooFull(key: string, entry: Entry): boolean {
    const before = entries.get(key)
    if (before === undefined) return entries.size >= maxEntries || bytes + sizeOf(key, entry) > maxBytes
    return bytes + sizeOf(key, entry) - sizeOf(key, before) > maxBytes
  }

  /** Removes something, or throws `FULL` where nothing may be removed. */
  function makeRoom(key: string, entry: Entry): void {
    if (sizeOf(key, entry) <= maxBytes) {
      const now = clock.now()
      // Looking for expired entries reads all that expire: with 'lru' not at every write.
      if (now >= firstExpiry && (!lru || now >= lastLook + LOOK_INTERVAL_MS)) {
        lastLook = now
        if (removeAllExpired().length > 0) return
      }
      const [oldest] = lru ? entries : []
      if (oldest !== undefined) {
        evicted?.push(oldest)
        remove(oldest[0])
        return
      }
    }
    const bounds = `maxEntries ${maxEntries}, maxBytes ${maxBytes}`
    throw new StateError('FULL', `No room for '${key}' (${bounds}, eviction '${eviction}')`, { key })
  }

  function removeAllExpired(): string[] {
    const now = clock.now()
    const expired: string[] = []
    firstExpiry = Number.POSITIVE_INFINITY
    for (const key of expiring) {
      const expiresAt = entries.get(key)?.expiresAt as number
      if (now >= expiresAt) expired.push(key)
      else firstExpiry = Math.min(firstExpiry, expiresAt)
    }
    for (const key of expired) remove(key)
    return expired
  }

  function check({ key, version }: Check): void {
    if ((live(key)?.version ?? null) !== version) throw conflict(key)
  }

  function apply(operation: Operation): OperationResult {
    const { key } = operation
    switch (operation.op) {
      case 'set':
        put(key, operation.entry)
        return { op: 'set' }
      case 'delete': {
        const deleted = live(key) !== undefined
        remove(key)
        return { op: 'delete', deleted }
      }
      case 'increment': {
        const { entry, result } = incrementEntry(live(key), operation)
        put(key, entry)
        return result
      }
    }
  }

  function applyAll(operations: readonly Operation[]): WriteResult {
    const results: OperationResult[] = []
    for (const operation of operations) {
      try {
        results.push(apply(operation))
      } catch (error) {
        if (operations.length === 1) throw error
        const rest = operations.slice(results.length).map(({ key }) => key)
        throw notAllApplied(error, rest)
      }
    }
    return { results }
  }

  function applyAtomically({ operations, checks = [] }: WriteBatch): WriteResult {
    for (const one of checks) check(one)
    const before = operations.map(({ key }) => [key, entries.get(key)] as const)
    evicted = []
    try {
      return { results: operations.map(apply) }
    } catch (error) {
      const lost = evicted
      evicted = undefined
      for (const [key] of before) remove(key)
      for (const [key, entry] of [...lost, ...before]) if (entry !== undefined) put(key, entry)
      throw error
    } finally {
      evicted = undefined
    }
  }

  return {
    get: read,
    async getMany(keys) {
      return keys.map(read)
    },
    async *list({ prefix = '', after, limit = 1000, keysOnly = false } = {}) {
      let last = after
      for (;;) {
        const keys = index.range(prefix, last, limit)
        if (keys.length === 0) return
        last = keys.at(-1)
        const page = keys.flatMap((key) => {
          const entry = live(key)
          if (entry === undefined) return []
          return keysOnly ? [{ key }] : [{ key, entry }]
        })
        if (page.length > 0) yield page
      }
    },
    set(key, entry, setOptions) {
      if (setOptions?.ifVersion !== undefined) check({ key, version: setOptions.ifVersion })
      put(key, entry)
    },
    delete(key, deleteOptions) {
      const found = live(key)
      if (deleteOptions?.ifVersion !== undefined && found?.version !== deleteOptions.ifVersion)
        throw conflict(key)
      remove(key)
      return found !== undefined
    },
    async write(batch) {
      return batch.atomic === true ? applyAtomically(batch) : applyAll(batch.operations)
    },
    async stats() {
      const now = clock.now()
      let expired = 0
      for (const key of expiring) if (isExpired(entries.get(key) as Entry, now)) expired++
      return { keys: entries.size - expired, bytes, expired }
    },
    async cleanup({ onRemoved } = {}) {
      const removed = clock.now() >= firstExpiry ? removeAllExpired() : []
      if (removed.length > 0) onRemoved?.(removed)
      return { removed: removed.length }
    },
    async close() {
      entries.clear()
      expiring.clear()
    },
  }
}

function sizeOf(key: string, entry: Entry): number {
  return key.length + entry.value.byteLength
}
