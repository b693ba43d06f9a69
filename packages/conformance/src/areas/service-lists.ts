import assert from 'node:assert/strict'
import type { Listing, ListingOptions, State } from '@switchyard/core'
import { type Area, onState } from '../area.ts'
import { assertSameKeys, collect, inByteOrder, numbered } from '../checks/listings.ts'
import { allHostileKeys } from '../hostile-keys.ts'

/** Listings, pages and cursors of the service. */
export const serviceLists: Area = ({ maxKeyBytes }) => [
  onState('iterates over keys and over entries', async (state) => {
    const { version } = await state.set('a', 1)
    await state.set('b', [2], { ttl: '1h' })
    assertSameKeys(await collect(state.keys()), ['a', 'b'])
    const entries = (await collect(state.entries())).sort((x, y) => (x.key < y.key ? -1 : 1))
    assert.deepEqual(entries[0], { key: 'a', value: 1, version })
    assert.deepEqual(entries[1], { key: 'b', ...(await state.getEntry('b')) })
  }),
  onState('stops an iteration at its limit', async (state) => {
    await setAll(state, numbered('key', 10))
    assert.equal((await collect(state.keys({ limit: 3 }))).length, 3)
    assert.equal((await collect(state.entries({ limit: 10 }))).length, 10)
    assert.equal((await collect(state.keys({ limit: 100 }))).length, 10)
  }),
  onState('sorts pages in UTF-8 byte order', async (state) => {
    const keys = allHostileKeys(maxKeyBytes)
    await setAll(state, keys)
    assert.deepEqual((await state.keys().page()).items, inByteOrder(keys))
    assert.deepEqual(
      (await state.entries().page()).items.map(({ key }) => key),
      inByteOrder(keys),
    )
  }),
  ...[1, 2, 7, 22, 23, 24].map((limit) =>
    onState(`goes through 23 keys by cursor, ${limit} at a time`, async (state) => {
      const keys = numbered('key', 23)
      await setAll(state, [...keys, 'a', 'z'])
      const pages = await allPages((options) => state.keys(options), { prefix: 'key', limit })
      assert.deepEqual(pages.flat(), keys)
      assert.equal(pages.length, Math.ceil(23 / limit), 'the number of pages')
    }),
  ),
  onState('goes through hostile keys by cursor', async (state) => {
    const keys = allHostileKeys(maxKeyBytes)
    await setAll(state, keys)
    assert.deepEqual(
      (await allPages((options) => state.keys(options), { limit: 5 })).flat(),
      inByteOrder(keys),
    )
  }),
  onState('goes on after a cursor whose key was deleted', async (state) => {
    await setAll(state, numbered('key', 6))
    const { items, cursor } = await state.keys({ limit: 2 }).page()
    await state.deleteMany(items)
    const next = await state.keys({ limit: 10, ...(cursor === undefined ? {} : { cursor }) }).page()
    assert.deepEqual(next, { items: ['key002', 'key003', 'key004', 'key005'] })
  }),
  onState('sees between two pages what was added and removed after the cursor', async (state) => {
    await setAll(state, ['a', 'c', 'e', 'g'])
    const { cursor = assert.fail('no cursor') } = await state.keys({ limit: 2 }).page()
    await setAll(state, ['b', 'd', 'f'])
    await state.delete('e')
    assert.deepEqual(await state.keys({ cursor }).page(), { items: ['d', 'f', 'g'] })
    assertSameKeys(await collect(state.keys({ cursor })), ['d', 'f', 'g'])
  }),
  onState('gives an empty last page where nothing is', async (state) => {
    assert.deepEqual(await state.keys().page(), { items: [] })
    await state.set('a', 1)
    assert.deepEqual(await state.entries({ prefix: 'b' }).page(), { items: [] })
    assert.deepEqual(await state.keys({ limit: 1 }).page(), { items: ['a'] })
  }),
  onState('clears a prefix, literally, and tells how many', async (state) => {
    await setAll(state, ['a', 'a%', 'a%b', 'ab', 'a_b', 'A%', 'xa%'])
    assert.equal(await state.clear({ prefix: 'a%' }), 2)
    assertSameKeys(await collect(state.keys()), ['a', 'ab', 'a_b', 'A%', 'xa%'])
    assert.equal(await state.clear({ prefix: '*' }), 0)
    assert.equal(await state.clear({ prefix: 'a' }), 3)
    assertSameKeys(await collect(state.keys()), ['A%', 'xa%'])
  }),
  onState('clears everything, more than a page', async (state) => {
    const keys = numbered('key', 2100)
    for (let i = 0; i < keys.length; i += 700) await setAll(state, keys.slice(i, i + 700))
    assert.equal(await state.clear(), 2100)
    assert.deepEqual(await collect(state.keys()), [])
    assert.equal(await state.clear(), 0)
    assert.equal((await state.stats()).keys, 0)
  }),
]

async function setAll(state: State, keys: readonly string[]): Promise<void> {
  await state.setMany(keys.map((key) => ({ key, value: key })))
}

async function allPages(
  list: (options: ListingOptions) => Listing<string>,
  options: ListingOptions,
): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | undefined
  do {
    const page = await list(cursor === undefined ? options : { ...options, cursor }).page()
    pages.push([...page.items])
    cursor = page.cursor
    assert.ok(pages.length < 1000, 'the pages do not end')
  } while (cursor !== undefined)
  return pages
}
