import type { ListedEntry, ListOptions } from '@switchyard/core'
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { redisError } from './errors.ts'
import { type Layout, SIDECAR } from './layout.ts'
import type { Reads } from './reads.ts'
import { createRecentKeys } from './recent-keys.ts'

/** Keys that Redis looks at in one SCAN, about: many where only keys are wanted, as few of them may have the prefix. */
const SCAN_COUNT = 1000

export interface Listing {
  /** Pages of live keys with this prefix, each key once, in no order. */
  keys(prefix: string): AsyncIterable<readonly string[]>
  list(options: ListOptions): AsyncIterable<readonly ListedEntry[]>
}

export function createListing(connection: Connection, layout: Layout, reads: Reads): Listing {
  async function* scan(client: Client, prefix: string, count: number): AsyncIterable<readonly string[]> {
    let cursor = '0'
    do {
      const command = [
        'SCAN',
        cursor,
        'MATCH',
        layout.pattern(prefix),
        'COUNT',
        String(count),
        'TYPE',
        'string',
      ]
      let reply: [string, string[]]
      try {
        reply = (await client.sendCommand(command, { typeMapping: {} })) as unknown as [string, string[]]
      } catch (error) {
        throw redisError(error, 'read')
      }
      cursor = reply[0]
      yield reply[1].filter((name) => !name.endsWith(SIDECAR)).map(layout.keyOf)
    } while (cursor !== '0')
  }

  async function* keys(prefix: string, count = SCAN_COUNT): AsyncIterable<readonly string[]> {
    const recent = createRecentKeys()
    for (const client of await connection.masters()) {
      for await (const page of scan(client, prefix, count)) {
        const fresh = page.filter(recent.add)
        if (fresh.length > 0) yield fresh
      }
    }
  }

  /**
   * The entries of a page are read while the next keys are. Nothing is on its way while a page is looked at, so that who
   * rests between pages spares Redis.
   */
  async function* entries(prefix: string, limit: number): AsyncIterable<readonly ListedEntry[]> {
    const pages = keys(prefix, Math.min(limit, SCAN_COUNT))[Symbol.asyncIterator]()
    try {
      for (let page = await pages.next(); page.done !== true; ) {
        const names = page.value
        const [found, next] = await Promise.all([reads.getMany(names), pages.next()])
        yield names.flatMap((key, index) => {
          const entry = found[index]
          return entry === undefined ? [] : [{ key, entry }]
        })
        page = next
      }
    } finally {
      await pages.return?.()
    }
  }

  return {
    keys: (prefix) => keys(prefix),
    async *list({ prefix = '', limit = 1000, keysOnly = false, signal }) {
      const pages = keysOnly ? keyPages(keys(prefix)) : entries(prefix, limit)
      for await (const page of pages) {
        signal?.throwIfAborted()
        for (let from = 0; from < page.length; from += limit) yield page.slice(from, from + limit)
      }
    },
  }
}

async function* keyPages(pages: AsyncIterable<readonly string[]>): AsyncIterable<readonly ListedEntry[]> {
  for await (const page of pages) yield page.map((key) => ({ key }))
}
