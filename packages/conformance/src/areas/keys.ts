import assert from 'node:assert/strict'
import type { AnyStore } from '@switchyard/core'
import type { Area } from '../area.ts'
import { onState, onStore } from '../area.ts'
import { assertAbsent, assertEntry, entryOf } from '../checks/entries.ts'
import { assertContent, assertSameKeys, collect, fill, listKeys } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'
import { allHostileKeys, HOSTILE_KEYS, ILLEGAL_KEYS } from '../hostile-keys.ts'

export const keys: Area = ({ maxKeyBytes }) => {
  const fits = (key: string): boolean => Buffer.byteLength(key) <= maxKeyBytes
  const hostile = allHostileKeys(maxKeyBytes)
  const groups = Object.entries(HOSTILE_KEYS)
  const longest = (character: string): string => {
    const bytes = Buffer.byteLength(character)
    return character.repeat(Math.floor(maxKeyBytes / bytes)) + 'x'.repeat(maxKeyBytes % bytes)
  }

  return [
    ...groups.map(([group, all]) =>
      onStore(`keeps apart ${group}`, async (store) => {
        await assertContent(store, await fill(store, all.filter(fits)))
      }),
    ),
    ...groups.map(([group, all]) =>
      onStore(`deletes only the key it is told among ${group}`, async (store) => {
        const entries = await fill(store, all.filter(fits))
        for (const key of all.filter(fits)) {
          assert.equal(await store.delete(key), true, `deleting '${key}'`)
          entries.delete(key)
          assertSameKeys(await listKeys(store), entries.keys(), `the keys after '${key}' was deleted`)
        }
      }),
    ),
    ...groups.map(([group, all]) =>
      onStore(`takes a prefix literally among ${group}`, async (store) => {
        await fill(store, all.filter(fits))
        for (const prefix of all.filter(fits)) {
          const expected = all.filter((key) => fits(key) && key.startsWith(prefix))
          assertSameKeys(await listKeys(store, { prefix }), expected, `the keys that start with '${prefix}'`)
        }
      }),
    ),
    onStore('keeps apart all hostile keys together', async (store) => {
      await assertContent(store, await fill(store, hostile))
    }),
    onStore('finds no hostile key in an empty store', async (store) => {
      for (const key of hostile) {
        assertAbsent(await store.get(key), `'${key}'`)
        assert.equal(await store.delete(key), false, `deleting '${key}'`)
      }
    }),
    onState('takes hostile keys in each operation of the service', async (state) => {
      for (const key of hostile) {
        await state.set(key, { key })
        assert.deepEqual(await state.get(key), { key })
        assert.equal(await state.has(key), true)
        await state.update<{ key: string }>(key, (found) => ({ key: `${found?.key} updated` }))
      }
      assertSameKeys(await collect(state.keys()), hostile)
      for (const key of hostile) assert.deepEqual(await state.take(key), { key: `${key} updated` })
      assertSameKeys(await collect(state.keys()), [])
    }),
    onState('increments under hostile keys', async (state) => {
      for (const [i, key] of hostile.entries()) assert.equal(await state.increment(key, i), i)
      assert.deepEqual(await state.getMany(hostile), [...hostile.keys()])
    }),
    ...[
      { name: 'ASCII', key: longest('k') },
      { name: 'two-byte characters', key: longest('é') },
      { name: 'three-byte characters', key: longest('€') },
      { name: 'emoji', key: longest('💡') },
    ].map(({ name, key }) =>
      onStore(
        `takes a key of exactly ${maxKeyBytes} bytes of ${name}, and none of one more`,
        async (store) => {
          assert.equal(Buffer.byteLength(key), maxKeyBytes)
          await assertContent(store, await fill(store, [key]))
          await assertRefusedEverywhere(store, `${key}x`)
          assert.equal(await store.delete(key), true)
        },
      ),
    ),
    onStore('keeps apart the longest keys that differ in their last byte', async (store) => {
      const shared = 'k'.repeat(maxKeyBytes - 1)
      await assertContent(store, await fill(store, [`${shared}a`, `${shared}b`, `${shared}A`, shared]))
    }),
    onStore('lists by the longest prefix', async (store) => {
      const key = 'k'.repeat(maxKeyBytes)
      await fill(store, [key, 'k'])
      assertSameKeys(await listKeys(store, { prefix: key }), [key])
      assertSameKeys(await listKeys(store, { prefix: key.slice(1) }), [key])
    }),
    ...Object.entries(ILLEGAL_KEYS).map(([name, key]) =>
      onStore(`refuses as a key: ${name}`, async (store) => {
        await assertRefusedEverywhere(store, key)
        assertSameKeys(await listKeys(store), [])
      }),
    ),
    ...Object.entries(ILLEGAL_KEYS).map(([name, key]) =>
      onState(`refuses in the service as a key: ${name}`, async (state) => {
        const illegal = key as string
        await assertRejects(state.get(illegal), 'INVALID_KEY', 'get')
        await assertRejects(state.has(illegal), 'INVALID_KEY', 'has')
        await assertRejects(state.set(illegal, 1), 'INVALID_KEY', 'set')
        await assertRejects(state.delete(illegal), 'INVALID_KEY', 'delete')
        await assertRejects(state.getMany(['a', illegal]), 'INVALID_KEY', 'getMany')
        await assertRejects(state.deleteMany(['a', illegal]), 'INVALID_KEY', 'deleteMany')
        await assertRejects(state.increment(illegal), 'INVALID_KEY', 'increment')
        await assertRejects(state.take(illegal), 'INVALID_KEY', 'take')
        const entries = [
          { key: 'a', value: 1 },
          { key: illegal, value: 1 },
        ]
        await assertRejects(state.setMany(entries), 'INVALID_KEY', 'setMany')
        assertSameKeys(await collect(state.keys()), [])
      }),
    ),
    onStore('refuses an illegal prefix', async (store) => {
      for (const prefix of ['a\0', 'a\ud800', 'k'.repeat(maxKeyBytes + 1)]) {
        await assertRejects(listKeys(store, { prefix }), 'INVALID_KEY', 'list')
      }
    }),
    onStore('reads a key that was just written under a name that only looks the same', async (store) => {
      const entry = entryOf('Latin a')
      await store.set('a', entry)
      assertAbsent(await store.get('\u0430'), "the Cyrillic 'a'")
      assertEntry(await store.get('a'), entry)
    }),
  ]
}

async function assertRefusedEverywhere(store: AnyStore, key: unknown): Promise<void> {
  const illegal = key as string
  const entry = entryOf('refused')
  await assertRejects(store.get(illegal), 'INVALID_KEY', 'get')
  await assertRejects(store.set(illegal, entry), 'INVALID_KEY', 'set')
  await assertRejects(store.delete(illegal), 'INVALID_KEY', 'delete')
  await assertRejects(store.getMany(['a', illegal]), 'INVALID_KEY', 'getMany')
  const operations = [
    { op: 'set', key: 'a', entry },
    { op: 'delete', key: illegal },
  ] as const
  await assertRejects(store.write({ operations }), 'INVALID_KEY', 'write')
  assertAbsent(await store.get('a'), 'what was in a refused batch')
}
