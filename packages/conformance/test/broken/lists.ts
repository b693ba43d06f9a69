import type { BrokenStore } from '../broken-stores.ts'
import { broken } from './broken.ts'

export const BROKEN_LISTS: Readonly<Record<string, BrokenStore>> = {
  'skips a key at each end of a page': broken('lists', ({ honest }) => ({
    async *list(options) {
      let isFirst = true
      for await (const page of honest.list(options)) {
        yield isFirst ? page : page.slice(1)
        isFirst = false
      }
    },
  })),
  'lists a key twice at each end of a page': broken('lists', ({ honest }) => ({
    async *list({ limit = 1000, ...options } = {}) {
      let last: Awaited<ReturnType<typeof honest.getMany>> | readonly { key: string }[] = []
      for await (const page of honest.list({ ...options, limit })) {
        yield [...(last as typeof page), ...page].slice(0, limit)
        last = page.slice(-1)
      }
    },
  })),
  'ignores the limit of a page': broken('lists', ({ honest }) => ({
    list: (options) => honest.list({ ...options, limit: 1000 }),
  })),
  'ends its lists after the first page': broken('lists', ({ honest }) => ({
    async *list(options) {
      for await (const page of honest.list(options)) return yield page
    },
  })),
  'lists by position, and so skips when keys are deleted': broken(
    'lists',
    ({ honest, entries }) => ({
      async *list({ prefix = '', limit = 1000, keysOnly } = {}) {
        for (let i = 0; ; i += limit) {
          const keys = [...entries.keys()]
            .filter((key) => key.startsWith(prefix))
            .sort()
            .slice(i, i + limit)
          if (keys.length === 0) return
          const found = await honest.getMany(keys)
          yield keys.flatMap((key, j) => (found[j] ? [keysOnly ? { key } : { key, entry: found[j] }] : []))
        }
      },
    }),
    { ordered: false },
  ),
  'lists in no order and declares one': broken('lists', ({ honest }) => ({
    async *list(options) {
      for await (const page of honest.list(options)) yield page.toReversed()
    },
  })),
  'lists in the order of UTF-16': broken('lists', ({ honest }) => ({
    async *list({ limit = 1000, ...options } = {}) {
      const all = []
      for await (const page of honest.list(options)) all.push(...page)
      all.sort((a, b) => (a.key < b.key ? -1 : 1))
      for (let i = 0; i < all.length; i += limit) yield all.slice(i, i + limit)
    },
  })),
  'lists from a key on instead of from after it': broken('lists', ({ honest }) => ({
    list: ({ after, ...options } = {}) =>
      honest.list(after === undefined ? options : { ...options, after: after.slice(0, -1) || ' ' }),
  })),
  'lists entries although keys only were asked for': broken('lists', ({ honest }) => ({
    list: (options) => honest.list({ ...options, keysOnly: false }),
  })),
  'gives getMany in the order of the keys': broken('batches', ({ honest }) => ({
    getMany: (keys) => honest.getMany([...keys].sort()),
  })),
  'drops the misses of getMany': broken('batches', ({ honest }) => ({
    getMany: async (keys) => (await honest.getMany(keys)).filter((entry) => entry !== undefined),
  })),
  'gives a repeated key once by getMany': broken('batches', ({ honest }) => ({
    getMany: async (keys) => honest.getMany([...new Set(keys)]),
  })),
  'applies a batch in another order': broken('batches', ({ honest }) => ({
    async write({ operations, ...rest }) {
      const { results } = await honest.write({ ...rest, operations: operations.toReversed() })
      return { results: results.toReversed() }
    },
  })),
  'does not name what of a batch was not applied': broken('batches', ({ honest }) => ({
    async write(batch) {
      if (batch.atomic) return honest.write(batch)
      const results = []
      for (const operation of batch.operations)
        results.push(...(await honest.write({ operations: [operation] })).results)
      return { results }
    },
  })),
}
