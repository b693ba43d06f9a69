import { ABSENT, type Entry, expiryIn, makeEntry, valueIn, versionIn, WRITTEN_VALUE } from './entry.ts'

/** What clients do. The numbers are stored in states. */
export const KIND = {
  get: 1,
  set: 2,
  setTtl: 3,
  delete: 4,
  increment: 5,
  /** A set on a version that was read. */
  compareAndSet: 6,
  /** A set if there is none. */
  create: 7,
} as const

export type KindName = keyof typeof KIND

/** One instant of the clock. */
const TTL = 1
const NO = 0
const YES = 1

/** What an operation makes of the live entry. */
export function entryAfter(kind: number, live: Entry, version: number, matches: boolean, now: number): Entry {
  switch (kind) {
    case KIND.set:
      return makeEntry(version)
    case KIND.setTtl:
      return makeEntry(version, WRITTEN_VALUE, now + TTL)
    case KIND.delete:
      return ABSENT
    case KIND.increment:
      return makeEntry(version, valueIn(live) + 1, expiryIn(live))
    case KIND.compareAndSet:
      return matches ? makeEntry(version) : live
    case KIND.create:
      return live === ABSENT ? makeEntry(version) : live
    default:
      return live
  }
}

/** What an operation answers: the entry of a read, the value of an increment, else yes or no (a conflict is no). */
export function resultOf(kind: number, live: Entry, matches: boolean): number {
  switch (kind) {
    case KIND.get:
      return live
    case KIND.delete:
      return live === ABSENT ? NO : YES
    case KIND.increment:
      return valueIn(live) + 1
    case KIND.compareAndSet:
      return matches ? YES : NO
    case KIND.create:
      return live === ABSENT ? YES : NO
    default:
      return YES
  }
}

/** Whether the live entry has the version that a compare-and-set expects. */
export function hasVersion(live: Entry, expected: number): boolean {
  return live !== ABSENT && versionIn(live) === expected
}

export function showKind(kind: number): string {
  switch (kind) {
    case KIND.setTtl:
      return 'set with a TTL'
    case KIND.compareAndSet:
      return 'compare-and-set'
    default:
      return Object.keys(KIND).find((name) => KIND[name as KindName] === kind) ?? ''
  }
}
