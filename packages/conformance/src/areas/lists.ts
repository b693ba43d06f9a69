import assert from 'node:assert/strict'
import type { AnyStore } from '@switchyard/core'
import { type Area, type Case, either, onStore } from '../area.ts'
import { assertEntry, entryOf } from '../checks/entries.ts'
import {
  assertContent,
  assertSameKeys,
  fill,
  fillFast,
  inByteOrder,
  listAll,
  listKeys,
  numbered,
} from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'
import { allHostileKeys } from '../hostile-keys.ts'

const PREFIXES = [
  'a',
  'a%',
  'a_',
  'a*',
  'a?',
  '[a]',
  '%',
  '_',
  '*',
  '?',
  '\\',
  "'",
  'A',
  'é',
  'e',
  '💡',
  ':',
  'a:',
  'zzz',
]

export const lists: Area = ({ ordered, maxKeyBytes }) => [
  onStore('lists nothing in an empty store', async (store) => {
    assert.deepEqual(await listAll(store), [])
    assert.deepEqual(await listAll(store, { prefix: 'a', limit: 1, keysOnly: true }), [])
  }),
  onStore('lists every entry once, whole', async (store) => {
    await assertContent(store, await fill(store, numbered('key', 50)))
  }),
  onStore('leaves out the entries on request', async (store) => {
    await fill(store, ['a', 'b'])
    const listed = await listAll(store, { keysOnly: true })
    assertSameKeys(
      listed.map(({ key }) => key),
      ['a', 'b'],
    )
    assert.deepEqual(
      listed.map(({ entry }) => entry),
      [undefined, undefined],
    )
  }),
  ...PREFIXES.map((prefix) =>
    onStore(`lists exactly the keys that start with ${JSON.stringify(prefix)}`, async (store) => {
      const keys = [...PREFIXES, ...PREFIXES.flatMap((one) => [`${one}b`, `x${one}`]), 'ab', 'aB', 'e\u0301']
      await fill(store, keys)
      assertSameKeys(await listKeys(store, { prefix }), new Set(keys.filter((key) => key.startsWith(prefix))))
      const listed = await listAll(store, { prefix })
      for (const { key, entry } of listed) assertEntry(entry, (await store.get(key)) ?? assert.fail(key))
    }),
  ),
  ...[1, 2, 3, 5, 22, 23, 24, 1000].map((limit) =>
    onStore(`lists 23 keys in pages of ${limit} at the most`, async (store) => {
      const keys = numbered('key', 23)
      await fill(store, [...keys, 'other'])
      for (const keysOnly of [false, true]) {
        const found: string[] = []
        for await (const page of store.list({ prefix: 'key', limit, keysOnly })) {
          assert.ok(page.length <= limit, `a page of ${page.length}`)
          found.push(...page.map(({ key }) => key))
        }
        assertSameKeys(found, keys)
      }
    }),
  ),
  onStore('lists more keys than one page holds by default', async (store) => {
    const keys = numbered('key', 2345)
    await fillFast(store, keys)
    assertSameKeys(await listKeys(store), keys)
    assertSameKeys(
      await listKeys(store, { prefix: 'key1' }),
      keys.filter((key) => key.startsWith('key1')),
    )
    for await (const page of store.list()) assert.ok(page.length <= 1000, `a page of ${page.length}`)
  }),
  onStore('lists again from the start at each iteration', async (store) => {
    await fill(store, numbered('key', 5))
    const list = store.list({ limit: 2 })
    const first = []
    for await (const page of list) first.push(...page.map(({ key }) => key))
    assert.equal(first.length, 5)
    assert.equal((await listKeys(store)).length, 5)
  }),
  onStore('lists twice at the same time', async (store) => {
    const keys = numbered('key', 20)
    await fill(store, keys)
    const both = await Promise.all([listKeys(store, { limit: 3 }), listKeys(store, { limit: 7 })])
    for (const found of both) assertSameKeys(found, keys)
  }),
  onStore('goes on working when a list is left early', async (store) => {
    await fill(store, numbered('key', 20))
    for (let i = 0; i < 20; i++) {
      for await (const page of store.list({ limit: 3 })) {
        assert.equal(page.length > 0, true)
        break
      }
    }
    await store.set('key000', entryOf('written'))
    assert.equal((await listKeys(store)).length, 20)
  }),
  duringList('deleted as they are listed', (store, key) => store.delete(key)),
  duringList('overwritten as they are listed', (store, key) => store.set(key, entryOf('other'))),
  duringList('joined by others as they are listed', (store, key) =>
    store.set(`joined ${key}`, entryOf('new')),
  ),
  ...[0, -1, 1.5, Number.NaN, '5'].map((limit) =>
    onStore(`refuses as a limit: ${JSON.stringify(limit)}`, async (store) => {
      await assertRejects(listKeys(store, { limit: limit as number }), 'INVALID_OPTIONS')
    }),
  ),
  ...either(ordered, orderedCases(maxKeyBytes), [
    onStore('refuses to list from a key on', async (store) => {
      await fill(store, ['a', 'b', 'c'])
      await assertRejects(listKeys(store, { after: 'a' }), 'NOT_SUPPORTED')
    }),
  ]),
]

/** Keys that are only looked at are listed exactly once, whatever happens to others meanwhile. */
function duringList(what: string, write: (store: AnyStore, key: string) => unknown): Case {
  return onStore(`lists the others exactly once while some are ${what}`, async (store) => {
    const [kept, changed] = [numbered('kept', 30), numbered('changed', 30)]
    await fill(store, [...kept, ...changed])
    const found: string[] = []
    for await (const page of store.list({ limit: 4 })) {
      for (const { key } of page) {
        found.push(key)
        if (key.startsWith('changed')) await write(store, key)
      }
    }
    assertSameKeys(
      found.filter((key) => key.startsWith('kept')),
      kept,
    )
    const of = found.filter((key) => key.startsWith('changed'))
    assert.equal(new Set(of).size, of.length, 'a changed key was listed twice')
  })
}

function orderedCases(maxKeyBytes: number): readonly Case[] {
  return [
    onStore('lists in UTF-8 byte order', async (store) => {
      const keys = allHostileKeys(maxKeyBytes)
      await fill(store, keys.toReversed())
      assert.deepEqual(await listKeys(store), inByteOrder(keys))
      assert.deepEqual(await listKeys(store, { limit: 7 }), inByteOrder(keys))
    }),
    onStore('lists U+FFFD and U+E000 before emoji, as their bytes are', async (store) => {
      const inOrder = ['a', 'é', '\ud7ff', '\ue000', '\ufffd', '\uffff', '\u{10000}', '💡', '\u{10ffff}']
      await fill(store, inOrder.toReversed())
      assert.deepEqual(await listKeys(store), inOrder)
      const longer = inOrder.map((key) => `p${key}`)
      await fill(store, longer)
      assert.deepEqual(await listKeys(store, { prefix: 'p', limit: 2 }), longer)
    }),
    onStore('lists a key before those that start with it, and numbers as text', async (store) => {
      const inOrder = ['1', '10', '100', '2', '9', 'A', 'B', 'a', 'a ', 'a!', 'aa', 'b']
      await fill(store, ['b', 'aa', 'a', '9', '10', 'B', '2', 'a!', '100', 'A', '1', 'a '])
      assert.deepEqual(await listKeys(store), inOrder)
    }),
    onStore('lists from after any key on', async (store) => {
      const keys = inByteOrder(allHostileKeys(maxKeyBytes))
      await fill(store, keys)
      for (const [i, after] of keys.entries()) {
        assert.deepEqual(
          await listKeys(store, { after }),
          keys.slice(i + 1),
          `after ${JSON.stringify(after)}`,
        )
      }
    }),
    onStore('lists from after a key that is not there', async (store) => {
      await fill(store, ['b', 'd', 'f'])
      assert.deepEqual(await listKeys(store, { after: 'a' }), ['b', 'd', 'f'])
      assert.deepEqual(await listKeys(store, { after: 'bb' }), ['d', 'f'])
      assert.deepEqual(await listKeys(store, { after: 'e' }), ['f'])
      assert.deepEqual(await listKeys(store, { after: 'g' }), [])
    }),
    onStore('lists from after a key within a prefix', async (store) => {
      await fill(store, ['a', 'p', 'pa', 'pb', 'pc', 'q'])
      assert.deepEqual(await listKeys(store, { prefix: 'p', after: 'pa' }), ['pb', 'pc'])
      assert.deepEqual(await listKeys(store, { prefix: 'p', after: 'p' }), ['pa', 'pb', 'pc'])
      assert.deepEqual(await listKeys(store, { prefix: 'p', after: 'a' }), ['p', 'pa', 'pb', 'pc'])
      assert.deepEqual(await listKeys(store, { prefix: 'p', after: 'q' }), [])
    }),
    onStore('walks through everything one page at a time', async (store) => {
      const keys = numbered('key', 30)
      await fill(store, keys)
      const found: string[] = []
      for (let after: string | undefined; ; after = found.at(-1)) {
        const iterator = store
          .list({ limit: 4, ...(after === undefined ? {} : { after }) })
          [Symbol.asyncIterator]()
        const page = await iterator.next()
        await iterator.return?.()
        if (page.done === true || page.value.length === 0) break
        found.push(...page.value.map(({ key }) => key))
      }
      assert.deepEqual(found, keys)
    }),
  ]
}
