import { type Clock, compareKeys } from '@switchyard/core'
import type { BatchOperation, Expected } from './command.ts'

export interface ModelEntry {
  readonly value: unknown
  /** Undefined where the write did not tell it: whatever is found there is learnt. */
  readonly version: string | undefined
  readonly expiresAt: number | undefined
}

/** What a state ought to hold, in a plain Map. */
export interface Model {
  readonly live: (key: string) => ModelEntry | undefined
  readonly put: (key: string, entry: ModelEntry) => void
  readonly remove: (key: string) => boolean
  /** Live keys in order. */
  readonly keys: (prefix?: string) => string[]
  /** A value that keeps what expires when. */
  readonly expiry: (ttl: number | undefined) => number | undefined
  /** All or nothing. Undefined: an increment is impossible. */
  readonly apply: (operations: readonly BatchOperation[]) => readonly unknown[] | undefined
  readonly holds: (key: string, expected: Expected) => boolean
}

export function createModel(clock: Clock, unitMs: number): Model {
  let entries = new Map<string, ModelEntry>()

  function live(key: string): ModelEntry | undefined {
    const entry = entries.get(key)
    return entry?.expiresAt !== undefined && clock.now() >= entry.expiresAt ? undefined : entry
  }

  const expiry = (ttl: number | undefined): number | undefined =>
    ttl === undefined ? undefined : clock.now() + ttl * unitMs

  function remove(key: string): boolean {
    const was = live(key) !== undefined
    entries.delete(key)
    return was
  }

  /** What the operation answers, or undefined if it is impossible. */
  function applyOne(operation: BatchOperation): unknown {
    const { key } = operation
    if (operation.op === 'delete') return remove(key)
    if (operation.op === 'set') {
      entries.set(key, { value: operation.value, version: undefined, expiresAt: expiry(operation.ttl) })
      return true
    }
    const found = live(key)
    const value = found === undefined ? 0 : found.value
    if (!Number.isSafeInteger(value)) return undefined
    const expiresAt = found === undefined ? expiry(operation.ttl) : found.expiresAt
    entries.set(key, { value: Number(value) + operation.by, version: undefined, expiresAt })
    return Number(value) + operation.by
  }

  return {
    live,
    put: (key, entry) => void entries.set(key, entry),
    remove,
    keys: (prefix = '') =>
      [...entries.keys()]
        .filter((key) => key.startsWith(prefix) && live(key) !== undefined)
        .sort(compareKeys),
    expiry,
    apply(operations) {
      const before = new Map(entries)
      const answers = operations.map(applyOne)
      if (!answers.includes(undefined)) return answers
      entries = before
      return undefined
    },
    holds: (key, expected) =>
      expected === 'stale' ? false : (live(key) !== undefined) === (expected === 'current'),
  }
}
