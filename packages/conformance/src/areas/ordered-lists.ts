import assert from 'node:assert/strict'
import { type Area, type Case, either, onStore } from '../area.ts'
import { fill, inByteOrder, listKeys, numbered } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'
import { allHostileKeys } from '../hostile-keys.ts'

/** Lists in order, and from any key on. */
export const orderedLists: Area = ({ ordered, maxKeyBytes }) =>
  either(ordered, orderedCases(maxKeyBytes), [
    onStore('refuses to list from a key on', async (store) => {
      await fill(store, ['a', 'b', 'c'])
      await assertRejects(listKeys(store, { after: 'a' }), 'NOT_SUPPORTED')
    }),
  ])

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
