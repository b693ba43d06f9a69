import { createState, type Operation } from '@switchyard/core'
import { describe, expect, it } from 'vitest'
import { memory } from '../src/index.ts'
import { codeOf, testStore } from './test-state.ts'

const setOperation = (key: string, size = 1): Operation => ({
  op: 'set',
  key,
  entry: { value: new Uint8Array(size), version: `batch-${key}` },
})

describe('maxEntries', () => {
  it('holds as many entries and refuses one more with FULL', async () => {
    const { store, set, keys } = await testStore({ maxEntries: 2 })
    await set('a')
    await set('b')
    expect(await codeOf(() => set('c'))).toBe('FULL')
    expect(await keys()).toEqual(['a', 'b'])
    expect(await store.get('c')).toBeUndefined()
  })

  it('lets what is there be overwritten, and a delete makes room', async () => {
    const { store, set, keys } = await testStore({ maxEntries: 2 })
    await set('a')
    await set('b')
    await set('a', 100)
    await store.delete('b')
    await set('c')
    expect(await keys()).toEqual(['a', 'c'])
  })

  it('counts no increment of what is there, and refuses one of what is not', async () => {
    const state = await createState({ backends: { memory: memory({ maxEntries: 1 }) } })
    await state.increment('a')
    expect(await state.increment('a')).toBe(2)
    await expect(state.increment('b')).rejects.toMatchObject({ code: 'FULL', key: 'b' })
    await state.close()
  })
})

describe('maxBytes', () => {
  it('holds as many bytes of keys and values, and not one more', async () => {
    const { set, store } = await testStore({ maxBytes: 10 })
    await set('a', 4)
    await set('b', 4)
    expect((await store.stats()).bytes).toBe(10)
    expect(await codeOf(() => set('c', 0))).toBe('FULL')
    expect(await codeOf(() => set('b', 5))).toBe('FULL')
    expect((await store.get('b'))?.value.byteLength).toBe(4)
  })

  it('counts what an overwrite frees', async () => {
    const { set, store } = await testStore({ maxBytes: 10 })
    await set('a', 9)
    await set('a', 1)
    await set('b', 7)
    expect((await store.stats()).bytes).toBe(10)
  })

  it('refuses what could never fit, and evicts nothing for it', async () => {
    const { set, keys } = await testStore({ maxBytes: 10, eviction: 'lru' })
    await set('a', 4)
    expect(await codeOf(() => set('b', 10))).toBe('FULL')
    expect(await keys()).toEqual(['a'])
  })
})

describe('expired entries', () => {
  it('make room at maxEntries', async () => {
    const { set, keys, clock } = await testStore({ maxEntries: 2 })
    await set('a', 1, 100)
    await set('b', 1, 200)
    clock.advance(99)
    expect(await codeOf(() => set('c'))).toBe('FULL')
    clock.advance(1)
    await set('c')
    expect(await keys()).toEqual(['b', 'c'])
    expect(await codeOf(() => set('d'))).toBe('FULL')
    clock.advance(100)
    await set('d')
    expect(await keys()).toEqual(['c', 'd'])
  })

  it('make room at maxBytes', async () => {
    const { set, keys, clock } = await testStore({ maxBytes: 20 })
    await set('a', 9, 100)
    await set('b', 9, 100)
    clock.advance(100)
    await set('c', 19)
    expect(await keys()).toEqual(['c'])
  })

  it('whose TTL was extended or taken off do not', async () => {
    const { set, keys, clock } = await testStore({ maxEntries: 2 })
    await set('a', 1, 100)
    await set('b', 1, 100)
    await set('a', 1, 1000)
    await set('b', 1)
    clock.advance(500)
    expect(await codeOf(() => set('c'))).toBe('FULL')
    expect(await keys()).toEqual(['a', 'b'])
  })
})

describe("eviction 'lru'", () => {
  it('removes what was written the longest time ago', async () => {
    const { set, keys } = await testStore({ maxEntries: 2, eviction: 'lru' })
    for (const key of ['a', 'b', 'c', 'd']) await set(key)
    expect(await keys()).toEqual(['c', 'd'])
  })

  it('counts reads, of one key or many, and overwrites as use', async () => {
    const { set, store, keys } = await testStore({ maxEntries: 3, eviction: 'lru' })
    for (const key of ['a', 'b', 'c']) await set(key)
    await store.get('a')
    await set('d')
    expect(await keys()).toEqual(['a', 'c', 'd'])
    await store.getMany(['c', 'nothing', 'a'])
    await set('e')
    expect(await keys()).toEqual(['a', 'c', 'e'])
    await set('c')
    await set('f')
    expect(await keys()).toEqual(['c', 'e', 'f'])
  })

  it('does not count a listing as use', async () => {
    const { set, keys } = await testStore({ maxEntries: 2, eviction: 'lru' })
    await set('a')
    await set('b')
    await keys('a')
    await set('c')
    expect(await keys()).toEqual(['b', 'c'])
  })

  it('removes as many as the bytes of the new one take', async () => {
    const { set, keys, store } = await testStore({ maxBytes: 10, eviction: 'lru' })
    for (const key of ['a', 'b', 'c', 'd', 'e']) await set(key, 1)
    await set('f', 5)
    expect(await keys()).toEqual(['d', 'e', 'f'])
    expect((await store.stats()).bytes).toBe(10)
  })

  it('never removes the entry being written', async () => {
    const { set, keys, store } = await testStore({ maxBytes: 10, eviction: 'lru' })
    await set('a', 1)
    await set('b', 1)
    await set('a', 9)
    expect(await keys()).toEqual(['a'])
    expect((await store.get('a'))?.value.byteLength).toBe(9)
  })
})

describe('an atomic batch that does not fit', () => {
  it('changes nothing: overwritten, deleted and new keys are as before', async () => {
    const { store, set, keys, clock } = await testStore({ maxEntries: 3 })
    await set('a', 1)
    await set('b', 2, 1000)
    const before = [await store.get('a'), await store.get('b'), await store.stats()]
    const operations: Operation[] = [
      setOperation('a', 9),
      { op: 'delete', key: 'b' },
      ...['c', 'd', 'e'].map((key) => setOperation(key)),
    ]
    expect(await codeOf(() => store.write({ operations, atomic: true }))).toBe('FULL')
    expect([await store.get('a'), await store.get('b'), await store.stats()]).toEqual(before)
    expect(await keys()).toEqual(['a', 'b'])
    clock.advance(1000)
    expect(await keys()).toEqual(['a'])
    expect((await store.cleanup()).removed).toBe(1)
  })

  it('leaves room as it was', async () => {
    const { store, set } = await testStore({ maxBytes: 20 })
    await set('a', 4)
    const operations = [setOperation('b', 10), setOperation('c', 10)]
    expect(await codeOf(() => store.write({ operations, atomic: true }))).toBe('FULL')
    await set('d', 14)
    expect((await store.stats()).bytes).toBe(20)
  })

  it('changes nothing either where an increment in it fails', async () => {
    const { store, set, keys } = await testStore()
    await set('text', 3)
    const operations: Operation[] = [
      setOperation('a'),
      { op: 'increment', key: 'n', by: 1, version: 'n1' },
      { op: 'increment', key: 'text', by: 1, version: 'n2' },
    ]
    expect(await codeOf(() => store.write({ operations, atomic: true }))).toBe('INVALID_VALUE')
    expect(await keys()).toEqual(['text'])
  })
})

it('a batch that is not atomic names what found no room', async () => {
  const { store, keys } = await testStore({ maxEntries: 2 })
  const operations = ['a', 'b', 'c', 'd'].map((key) => setOperation(key))
  await expect(store.write({ operations })).rejects.toMatchObject({ code: 'FULL', notApplied: ['c', 'd'] })
  expect(await keys()).toEqual(['a', 'b'])
})

describe('stats', () => {
  it('count characters of keys and bytes of values, expired ones apart', async () => {
    const { store, set, clock } = await testStore()
    await set('ab', 10)
    await set('cd', 20, 100)
    expect(await store.stats()).toMatchObject({ keys: 2, bytes: 34, expired: 0 })
    clock.advance(100)
    expect(await store.stats()).toMatchObject({ keys: 1, bytes: 34, expired: 1 })
    expect(await store.cleanup()).toEqual({ removed: 1 })
    expect(await store.stats()).toMatchObject({ keys: 1, bytes: 12, expired: 0 })
    await store.delete('ab')
    expect(await store.stats()).toMatchObject({ keys: 0, bytes: 0, expired: 0 })
  })
})

it('a cleanup tells what it removed, and says nothing of nothing', async () => {
  const { store, set, clock } = await testStore()
  const told: string[][] = []
  const onRemoved = (keys: readonly string[]): void => void told.push([...keys])
  await set('a', 1, 100)
  await set('b', 1, 100)
  await store.cleanup({ onRemoved })
  clock.advance(100)
  await store.cleanup({ onRemoved })
  await store.cleanup({ onRemoved })
  expect(told).toEqual([['a', 'b']])
})
