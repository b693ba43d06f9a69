import { type CallOptions, type Listing, type ListingOptions, type Page, StateError } from '@switchyard/core'
import { type Call, query } from './call.ts'
import type { KeyedRemoteEntry } from './client.ts'
import type { Transport } from './transport.ts'
import { entryOfWire, type WireEntry } from './values.ts'

/** What the server gives in one answer at the most. */
const MAX_PAGE = 1000

interface WirePage {
  readonly keys?: readonly string[]
  readonly entries?: readonly WireEntry[]
  readonly cursor?: string
}

export function listKeys(transport: Transport, options: ListingOptions): Listing<string> {
  return listing(transport, options, false, ({ keys = [] }) => keys)
}

export function listEntries<T>(transport: Transport, options: ListingOptions): Listing<KeyedRemoteEntry<T>> {
  return listing(transport, options, true, ({ entries = [] }) =>
    entries.map((entry) => ({ key: entry.key, ...entryOfWire<T>(entry) })),
  )
}

function listing<T>(
  transport: Transport,
  { prefix, limit, cursor, ...options }: ListingOptions,
  values: boolean,
  itemsOf: (page: WirePage) => readonly T[],
): Listing<T> {
  const call = (from: string | undefined, count: number): Call => ({
    operation: 'list',
    method: 'GET',
    path: `/v1/state${query({ prefix, limit: Math.min(count, MAX_PAGE), cursor: from, values })}`,
    writes: false,
    options: options as CallOptions,
  })

  /** The pages as the server makes them, until so many items are together. */
  async function* pages(count: number): AsyncGenerator<Page<T>, void> {
    checkLimit(limit)
    let left = count
    let from = cursor
    do {
      const page: WirePage = await transport.json(call(from, left))
      const items = itemsOf(page)
      left -= items.length
      from = page.cursor
      yield from === undefined ? { items } : { items, cursor: from }
    } while (from !== undefined && left > 0)
  }

  return {
    async page() {
      const items: T[] = []
      let next: string | undefined
      for await (const page of pages(limit ?? MAX_PAGE)) {
        items.push(...page.items)
        next = page.cursor
      }
      return next === undefined ? { items } : { items, cursor: next }
    },
    async *[Symbol.asyncIterator]() {
      for await (const { items } of pages(limit ?? Number.POSITIVE_INFINITY)) yield* items
    },
  }
}

function checkLimit(limit: number | undefined): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) return
  throw new StateError('INVALID_OPTIONS', `limit must be a whole number above 0, not ${limit}`, {
    operation: 'list',
  })
}
