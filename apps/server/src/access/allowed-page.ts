import type { Listing, ListingOptions, Page } from '@switchyard/core'

export interface AllowedPageOptions<T> {
  readonly list: (options: ListingOptions) => Listing<T>
  readonly keyOf: (item: T) => string
  /** In UTF-8 byte order, none the start of another. */
  readonly prefixes: readonly string[]
  readonly limit: number
  readonly cursor: string | undefined
}

/** A page of the keys that have one of the prefixes, in UTF-8 byte order. */
export async function allowedPage<T>({
  list,
  keyOf,
  prefixes,
  limit,
  cursor,
}: AllowedPageOptions<T>): Promise<Page<T>> {
  const from = cursor === undefined ? {} : { cursor }
  const items: T[] = []
  for (const prefix of prefixes) {
    const last = items.at(-1)
    if (last !== undefined && items.length === limit) return { items, cursor: keyOf(last) }
    const page = await list({ prefix, limit: limit - items.length, ...from }).page()
    items.push(...page.items)
    if (page.cursor !== undefined) return { items, cursor: page.cursor }
  }
  return { items }
}
