import type { Listing, State } from '@switchyard/core'
import { isInternal, refuseInternal } from './internal-keys.ts'

/**
 * The state without what the server keeps in it for itself: those keys are refused, and are in no list. `store` and what
 * goes for the whole, such as `stats`, have them.
 */
export function hideInternal(state: State): State {
  /** Only keys that are text; what else is given as a key the state refuses. */
  const checkOne = (key: unknown): void => {
    if (typeof key === 'string') refuseInternal(key)
  }
  const check = (keys: readonly unknown[]): void => keys.forEach(checkOne)
  const named = <Rest extends readonly unknown[], Result>(
    method: (key: string, ...rest: Rest) => Result,
  ): ((key: string, ...rest: Rest) => Result) => {
    return (key, ...rest) => {
      checkOne(key)
      return method(key, ...rest)
    }
  }
  return {
    ...state,
    get: named(state.get),
    getEntry: named(state.getEntry),
    has: named(state.has),
    set: named(state.set),
    delete: named(state.delete),
    touch: named(state.touch),
    persist: named(state.persist),
    take: named(state.take),
    update: named(state.update),
    increment: named(state.increment),
    getMany(keys, options) {
      check(keys)
      return state.getMany(keys, options)
    },
    getManyEntries(keys, options) {
      check(keys)
      return state.getManyEntries(keys, options)
    },
    setMany(entries, options) {
      check(entries.map(({ key }) => key))
      return state.setMany(entries, options)
    },
    deleteMany(keys, options) {
      check(keys)
      return state.deleteMany(keys, options)
    },
    transaction(transaction, options) {
      const { checks = [], operations } = transaction
      check([...checks, ...operations].map(({ key }) => key))
      return state.transaction(transaction, options)
    },
    keys: (options) => shown(state.keys(options), (key) => key),
    entries: (options) => shown(state.entries(options), ({ key }) => key),
  } as State
}

/** Internal keys sort last, so a list ends where the first of them is. */
function shown<T>(listing: Listing<T>, keyOf: (item: T) => string): Listing<T> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const item of listing) if (!isInternal(keyOf(item))) yield item
    },
    async page() {
      const page = await listing.page()
      const last = page.items.at(-1)
      if (last === undefined || !isInternal(keyOf(last))) return page
      return { items: page.items.filter((item) => !isInternal(keyOf(item))) }
    },
  }
}
