import { compareKeys } from './keys.ts'

/** The keys of a map in UTF-8 byte order, for stores that know all their keys: a listing need not sort or scan them. */
export interface KeyIndex {
  /** To be called when a key comes into the map. */
  add(key: string): void
  /** To be called when a key has left the map. */
  delete(): void
  /** Up to `limit` keys with the prefix, after `after` if given. */
  range(prefix: string, after: string | undefined, limit: number): string[]
}

/** Keys in a chunk at the most; a full one is cut in two. */
const CHUNK = 512
/** New keys are sorted in together, as many at once. */
const PENDING = 1024
/** UTF-16 units whose order is not that of UTF-8. */
const HIGH = /[\ud800-\uffff]/

/**
 * A list of sorted chunks. A new key waits in `pending` until a listing needs it or enough have come; a key
 * that left the map stays here as a stale one, to be skipped, until half of all are stale.
 */
export function createKeyIndex(map: ReadonlyMap<string, unknown>): KeyIndex {
  let chunks: string[][] = []
  let pending: string[] = []
  let stale = 0
  let compare: (a: string, b: string) => number = compareUnits

  function flush(): void {
    if (pending.length >= PENDING && chunks.length * CHUNK < pending.length * 4) {
      rebuild()
      return
    }
    for (const key of pending) insert(key)
    pending = []
  }

  function rebuild(): void {
    const keys = [...map.keys()].sort(compare)
    chunks = []
    for (let i = 0; i < keys.length; i += CHUNK / 2) chunks.push(keys.slice(i, i + CHUNK / 2))
    pending = []
    stale = 0
  }

  function insert(key: string): void {
    if (!map.has(key)) return
    const at = Math.min(firstChunk(key), Math.max(chunks.length - 1, 0))
    const chunk = chunks[at]
    if (chunk === undefined) {
      chunks.push([key])
      return
    }
    const position = lowerBound(chunk, key)
    if (chunk[position] === key) return
    chunk.splice(position, 0, key)
    if (chunk.length > CHUNK) chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2))
  }

  /** The first chunk that ends at or after the key. */
  function firstChunk(key: string): number {
    let low = 0
    let high = chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const last = chunks[middle]?.at(-1) as string
      if (compare(last, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  function lowerBound(chunk: readonly string[], key: string): number {
    let low = 0
    let high = chunk.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(chunk[middle] as string, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  function* from(start: string): Generator<string> {
    for (let at = firstChunk(start); at < chunks.length; at++) {
      const chunk = chunks[at] as string[]
      for (let i = lowerBound(chunk, start); i < chunk.length; i++) yield chunk[i] as string
    }
  }

  return {
    add(key) {
      // Keys from before the first such one are in the same order either way.
      if (compare === compareUnits && HIGH.test(key)) compare = compareKeys
      pending.push(key)
      if (pending.length >= PENDING) flush()
    },
    delete() {
      stale++
      if (stale > PENDING && stale > map.size) rebuild()
    },
    range(prefix, after, limit) {
      if (pending.length > 0) flush()
      const keys: string[] = []
      const start = after !== undefined && compare(after, prefix) > 0 ? after : prefix
      for (const key of from(start)) {
        if (!key.startsWith(prefix)) break
        if (key === after || !map.has(key)) continue
        keys.push(key)
        if (keys.length === limit) break
      }
      return keys
    },
  }
}

function compareUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
