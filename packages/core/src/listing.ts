import { StateError } from './errors.ts'
import { compareKeys } from './keys.ts'
import type { CallOptions, Operations } from './operations.ts'
import type { ListedEntry, ListOptions } from './store.ts'

export interface ListingOptions extends CallOptions {
  /** Literal, never a pattern. Default: '' (every key of the namespace). */
  readonly prefix?: string
  /** How many come at the most. Default: 1000 for a page, all for an iteration. */
  readonly limit?: number
  /** Go on after a page: its `cursor`. Stays valid when the backend is switched. */
  readonly cursor?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Where the next page starts; absent on the last one. */
  readonly cursor?: string
}

/** Iterate over it, or ask for one page. */
export interface Listing<T> extends AsyncIterable<T> {
  /** The keys in UTF-8 byte order, from `cursor` on. Reads all of them where the backend is not `ordered`. */
  page(): Promise<Page<T>>
}

const DEFAULT_PAGE = 1000

/** Lists full keys of the active store. */
export interface Lister {
  /** One page in order. The cursor is the last key. */
  page(options: ListingOptions, keysOnly: boolean): Promise<Page<ListedEntry>>
  /** Everything, in the order of the store. */
  pages(options: ListingOptions, keysOnly: boolean): AsyncGenerator<readonly ListedEntry[]>
}

export function createLister(operations: Operations): Lister {
  async function* pages(options: ListingOptions, keysOnly: boolean): AsyncGenerator<readonly ListedEntry[]> {
    const { prefix = '', limit, cursor, ...callOptions } = options
    checkLimit(limit)
    const listOptions: ListOptions = {
      prefix,
      keysOnly,
      limit: Math.min(limit ?? DEFAULT_PAGE, DEFAULT_PAGE + 1),
      ...(callOptions.signal === undefined ? {} : { signal: callOptions.signal }),
    }
    let ordered = false
    let left = limit ?? Number.POSITIVE_INFINITY
    let iterator: AsyncIterator<readonly ListedEntry[]> | undefined
    let pending = false
    try {
      while (left > 0) {
        pending = true
        const next = await operations.run({
          operation: 'list',
          options: callOptions,
          send(store) {
            // Only now is it certain which store this is.
            if (iterator === undefined) {
              ordered = operations.route.capabilities.ordered
              const from = cursor === undefined || !ordered ? {} : { after: cursor }
              iterator = store.list({ ...listOptions, ...from })[Symbol.asyncIterator]()
            }
            return iterator.next()
          },
          finish: (result) => result,
        })
        pending = false
        if (next.done === true) return
        const found =
          cursor === undefined || ordered
            ? next.value
            : next.value.filter(({ key }) => compareKeys(key, cursor) > 0)
        const taken = found.length > left ? found.slice(0, left) : found
        left -= taken.length
        if (taken.length > 0) yield taken
      }
    } finally {
      const closing = Promise.resolve(iterator?.return?.())
      // A store that hangs in next() never gets to it; then the error of next() is the news.
      if (pending) closing.catch(() => undefined)
      else await closing
    }
  }

  async function page(options: ListingOptions, keysOnly: boolean): Promise<Page<ListedEntry>> {
    const { limit = DEFAULT_PAGE, ...unlimited } = options
    checkLimit(limit)
    // One more than asked for tells whether this is the last page.
    let found: ListedEntry[]
    let ordered: boolean
    do {
      ordered = operations.route.capabilities.ordered
      found = ordered
        ? await collect(pages({ ...unlimited, limit: limit + 1 }, keysOnly))
        : await collectSmallest(pages(unlimited, keysOnly), limit + 1)
      // Unless the backend was switched meanwhile to one that lists in another way.
    } while (ordered !== operations.route.capabilities.ordered)
    const items = found.slice(0, limit)
    const last = items.at(-1)
    return found.length > limit && last !== undefined ? { items, cursor: last.key } : { items }
  }

  return { page, pages }
}

async function collect(pages: AsyncIterable<readonly ListedEntry[]>): Promise<ListedEntry[]> {
  const all: ListedEntry[] = []
  for await (const page of pages) all.push(...page)
  return all
}

/** Of a store that lists in no order: the first `count` in order, holding little more than those. */
async function collectSmallest(
  pages: AsyncIterable<readonly ListedEntry[]>,
  count: number,
): Promise<ListedEntry[]> {
  let smallest: ListedEntry[] = []
  for await (const page of pages) {
    smallest.push(...page)
    if (smallest.length >= count * 2 + DEFAULT_PAGE) smallest = inOrder(smallest).slice(0, count)
  }
  return inOrder(smallest).slice(0, count)
}

function inOrder(entries: readonly ListedEntry[]): ListedEntry[] {
  return entries.toSorted((a, b) => compareKeys(a.key, b.key))
}

function checkLimit(limit: number | undefined): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) return
  throw new StateError('INVALID_OPTIONS', `limit must be a whole number above 0, not ${limit}`, {
    operation: 'list',
  })
}
