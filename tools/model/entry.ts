/**
 * An entry is a number of 16 bits, so that a state is a row of small numbers: version (4), value (4),
 * expiry (3), count (2). 0 is absent.
 *
 * - The version names the write that made the entry, once for all: a value is known by it, except for
 *   what increments add, which `value` counts.
 * - `count` is used only by the variant whose versions are counters.
 */
export type Entry = number

export const ABSENT = 0
/** What the copies of the variant make that gives versions anew. */
export const COPIED_VERSION = 15
/** What lies in the target from an earlier time. */
export const OLD_VERSION = 14
/** The entry of key `k` at the beginning has the version `1 + k`; the write of operation `i` makes `3 + i`. */
export const FIRST_WRITTEN_VERSION = 3

/** What a set writes: increments of it and of an absent key differ. */
export const WRITTEN_VALUE = 1

const VERSION_BITS = 0xf
const VALUE_SHIFT = 4
const EXPIRY_SHIFT = 8
const COUNT_SHIFT = 11

/** @param expiresAt an instant from 1 on; 0: never */
export function makeEntry(version: number, value = WRITTEN_VALUE, expiresAt = 0, count = 0): Entry {
  return version | (value << VALUE_SHIFT) | (expiresAt << EXPIRY_SHIFT) | (count << COUNT_SHIFT)
}

export function versionIn(entry: Entry): number {
  return entry & VERSION_BITS
}

export function valueIn(entry: Entry): number {
  return (entry >> VALUE_SHIFT) & 0xf
}

export function expiryIn(entry: Entry): number {
  return (entry >> EXPIRY_SHIFT) & 0x7
}

export function countIn(entry: Entry): number {
  return (entry >> COUNT_SHIFT) & 0x3
}

export function withExpiry(entry: Entry, expiresAt: number): Entry {
  return makeEntry(versionIn(entry), valueIn(entry), expiresAt, countIn(entry))
}

export function withVersion(entry: Entry, version: number): Entry {
  return makeEntry(version, valueIn(entry), expiryIn(entry), countIn(entry))
}

export function withCount(entry: Entry, count: number): Entry {
  return makeEntry(versionIn(entry), valueIn(entry), expiryIn(entry), count)
}

/** Expired when `now >= expiresAt`, and then it is absent. */
export function liveAt(now: number, entry: Entry): Entry {
  const expiresAt = expiryIn(entry)
  return expiresAt !== 0 && now >= expiresAt ? ABSENT : entry
}

export function showEntry(entry: Entry): string {
  if (entry === ABSENT) return '–'
  const value = valueIn(entry) === WRITTEN_VALUE ? '' : `(${valueIn(entry)})`
  const expiry = expiryIn(entry) === 0 ? '' : ` until ${expiryIn(entry)}`
  const count = countIn(entry) === 0 ? '' : `#${countIn(entry)}`
  return `v${versionIn(entry)}${value}${count}${expiry}`
}
