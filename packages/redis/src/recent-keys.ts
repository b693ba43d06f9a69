/** Keys in one of the two sets. */
const GENERATION = 100_000

/** Tells keys that were seen lately, in bounded memory. */
export interface RecentKeys {
  /** False if the key was added lately. */
  add(key: string): boolean
}

/**
 * SCAN gives a key twice where Redis' table shrinks meanwhile: it goes back over the buckets that it has just visited
 * and that have become one. So the last keys are the ones to remember; all of them would not fit for a large state.
 */
export function createRecentKeys(): RecentKeys {
  let current = new Set<string>()
  let previous = new Set<string>()
  return {
    add(key) {
      if (current.has(key) || previous.has(key)) return false
      if (current.size >= GENERATION) {
        previous = current
        current = new Set()
      }
      current.add(key)
      return true
    },
  }
}
