import { expect, it } from 'vitest'
import { testStore } from './test-state.ts'

it('one large entry takes the place of any number of small ones', async () => {
  const { set, keys } = await testStore({ maxBytes: 1_000_000, eviction: 'lru' })
  for (let i = 0; i < 30_000; i++) await set(`key${i}`, 1)
  await set('large', 990_000)
  expect(await keys('large')).toEqual(['large'])
})

it("with 'lru' what has expired makes room before what is in use", async () => {
  const { set, keys, clock } = await testStore({ maxEntries: 2, eviction: 'lru' })
  await set('live')
  await set('expired', 1, 100)
  clock.advance(100)
  await set('new')
  expect(await keys()).toEqual(['live', 'new'])
})

it("with 'lru' an atomic batch that fails evicts nothing", async () => {
  const { store, set, keys } = await testStore({ maxEntries: 2, eviction: 'lru' })
  await set('a')
  await set('text', 3)
  await store
    .write({
      operations: [
        { op: 'set', key: 'new', entry: { value: new Uint8Array(1), version: 'x' } },
        { op: 'increment', key: 'text', by: 1, version: 'y' },
      ],
      atomic: true,
    })
    .catch(() => undefined)
  expect(await keys()).toEqual(['a', 'text'])
})
