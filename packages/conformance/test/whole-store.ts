import {
  type AnyStore,
  compareKeys,
  conflict,
  type Entry,
  incrementEntry,
  isExpired,
  notAllApplied,
  type Operation,
  type OperationResult,
  type PluginContext,
} from '@switchyard/core'

/** A store in memory that implements every method itself, with transactions and order. */
export function createWholeStore(
  { clock }: Pick<PluginContext, 'clock'>,
  entries: Map<string, Entry> = new Map(),
): AnyStore {
  function live(key: string): Entry | undefined {
    const entry = entries.get(key)
    return entry === undefined || isExpired(entry, clock.now()) ? undefined : entry
  }

  function check(key: string, version: string | null | undefined): void {
    if (version !== undefined && (live(key)?.version ?? null) !== version) throw conflict(key)
  }

  function apply(operation: Operation): OperationResult {
    const { key } = operation
    switch (operation.op) {
      case 'set':
        entries.set(key, operation.entry)
        return { op: 'set' }
      case 'delete': {
        const deleted = live(key) !== undefined
        entries.delete(key)
        return { op: 'delete', deleted }
      }
      case 'increment': {
        const { entry, result } = incrementEntry(live(key), operation)
        entries.set(key, entry)
        return result
      }
    }
  }

  return {
    get: async (key) => live(key),
    getMany: async (keys) => keys.map(live),
    async *list({ prefix = '', after, limit = 1000, keysOnly = false } = {}) {
      const keys = [...entries.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys)
      const found = keys.filter((key) => after === undefined || compareKeys(key, after) > 0)
      for (let i = 0; i < found.length; i += limit) {
        yield found.slice(i, i + limit).flatMap((key) => {
          const entry = live(key)
          return entry === undefined ? [] : [keysOnly ? { key } : { key, entry }]
        })
      }
    },
    async set(key, entry, options) {
      check(key, options?.ifVersion)
      entries.set(key, entry)
    },
    async delete(key, options) {
      check(key, options?.ifVersion)
      const deleted = live(key) !== undefined
      entries.delete(key)
      return deleted
    },
    async write({ operations, checks = [], atomic = false }) {
      for (const { key, version } of checks) check(key, version)
      const before = new Map(entries)
      const results: OperationResult[] = []
      try {
        for (const operation of operations) results.push(apply(operation))
      } catch (error) {
        if (operations.length === 1) throw error
        if (!atomic)
          throw notAllApplied(
            error,
            operations.slice(results.length).map(({ key }) => key),
          )
        entries.clear()
        for (const [key, entry] of before) entries.set(key, entry)
        throw error
      }
      return { results }
    },
    async stats() {
      const keys = [...entries.keys()].filter((key) => live(key) !== undefined).length
      const bytes = [...entries.values()].reduce((sum, { value }) => sum + value.byteLength, 0)
      return { keys, bytes, expired: entries.size - keys }
    },
    async cleanup({ onRemoved } = {}) {
      const removed = [...entries.keys()].filter((key) => live(key) === undefined)
      for (const key of removed) entries.delete(key)
      onRemoved?.(removed)
      return { removed: removed.length }
    },
    close: async () => undefined,
  }
}
