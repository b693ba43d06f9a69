import { createKeyIndex, type Entry, isExpired, type KeyIndex } from '@switchyard/core'
import { isDeletion, type LocatedChange } from './located-change.ts'

/** The keys of the log and where their values are. */
export interface LogIndex {
  readonly size: number
  readonly sorted: KeyIndex
  /** Also what has expired. */
  find(key: string): LocatedChange | undefined
  live(key: string, now: number): LocatedChange | undefined
  /** A change that is in its segment. */
  apply(change: LocatedChange): void
  /** Forgets an entry that has expired; what is in the segment is dead. */
  remove(key: string): void
  entries(): Iterable<readonly [key: string, entry: LocatedChange]>
}

export function createLogIndex(): LogIndex {
  const entries = new Map<string, LocatedChange>()
  const sorted = createKeyIndex(entries)

  function remove(key: string): void {
    const before = entries.get(key)
    if (before === undefined) return
    before.segment.dead += before.bytes
    entries.delete(key)
    sorted.delete()
  }

  return {
    get size() {
      return entries.size
    },
    sorted,
    find: (key) => entries.get(key),
    live(key, now) {
      const entry = entries.get(key)
      return entry === undefined || hasExpired(entry, now) ? undefined : entry
    },
    apply(change) {
      const { key, segment } = change
      if (isDeletion(change)) {
        remove(key)
        // It is needed only as long as an older segment has the key.
        segment.dead += change.bytes
        return
      }
      const before = entries.get(key)
      entries.set(key, change)
      if (before === undefined) sorted.add(key)
      else before.segment.dead += before.bytes
    },
    remove,
    entries: () => entries,
  }
}

export function hasExpired({ expiresAt }: LocatedChange, now: number): boolean {
  return expiresAt !== undefined && isExpired({ expiresAt }, now)
}

export function entryOf({ version, expiresAt }: LocatedChange, value: Uint8Array): Entry {
  return expiresAt === undefined ? { value, version } : { value, version, expiresAt }
}
