import { createKeyIndex, type Entry, isExpired, type KeyIndex } from '@switchyard/core'
import type { LocatedChange } from './block.ts'
import type { Location, Segment } from './segment.ts'

/** What is known of a key without a look at the disk. */
export interface Indexed {
  readonly version: string
  readonly expiresAt: number | undefined
  /** Another one after a compaction. */
  location: Location
  /** Bytes of its change in the segment. */
  readonly bytes: number
}

/** The keys of the log and where their values are. */
export interface LogIndex {
  readonly size: number
  readonly sorted: KeyIndex
  /** Also what has expired. */
  find(key: string): Indexed | undefined
  live(key: string, now: number): Indexed | undefined
  /** A change that is in the segment. */
  apply(change: LocatedChange, segment: Segment): void
  /** Forgets an entry that has expired; what is in the segment is dead. */
  remove(key: string): void
  entries(): Iterable<readonly [key: string, entry: Indexed]>
}

export function createLogIndex(): LogIndex {
  const entries = new Map<string, Indexed>()
  const sorted = createKeyIndex(entries)

  function remove(key: string): void {
    const before = entries.get(key)
    if (before === undefined) return
    before.location.segment.dead += before.bytes
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
    apply({ key, version, expiresAt, value, bytes }, segment) {
      if (value === undefined) {
        remove(key)
        // It is needed only as long as an older segment has the key.
        segment.dead += bytes
        return
      }
      const before = entries.get(key)
      if (before !== undefined) before.location.segment.dead += before.bytes
      entries.set(key, { version, expiresAt, location: { segment, ...value }, bytes })
      if (before === undefined) sorted.add(key)
    },
    remove,
    entries: () => entries,
  }
}

export function hasExpired({ expiresAt }: Indexed, now: number): boolean {
  return expiresAt !== undefined && isExpired({ expiresAt }, now)
}

export function entryOf({ version, expiresAt }: Indexed, value: Uint8Array): Entry {
  return expiresAt === undefined ? { value, version } : { value, version, expiresAt }
}
