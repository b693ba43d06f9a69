import assert from 'node:assert/strict'
import type { AnyStore } from '@switchyard/core'
import { type Area, type Case, onStore } from '../area.ts'
import { assertEntry, entryOf } from '../checks/entries.ts'
import {
  assertContent,
  assertSameKeys,
  fill,
  fillFast,
  listAll,
  listKeys,
  numbered,
} from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'

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

export const lists: Area = () => [
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
