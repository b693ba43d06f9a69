import assert from 'node:assert/strict'
import type { Operation } from '@switchyard/core'
import { type Area, onState, onStore } from '../area.ts'
import { assertAbsent, assertEntry, entryOf } from '../checks/entries.ts'
import { assertContent, fill, listKeys, numbered } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'

export const batches: Area = () => [
  onStore('getMany keeps the order of the keys, with misses in their places', async (store) => {
    const entries = await fill(store, ['a', 'b', 'c', 'd'])
    const keys = ['d', 'none', 'a', 'c', 'missing', 'b', 'zzz']
    const found = await store.getMany(keys)
    assert.equal(found.length, keys.length)
    for (const [i, key] of keys.entries()) {
      const expected = entries.get(key)
      if (expected === undefined) assertAbsent(found[i], `'${key}'`)
      else assertEntry(found[i], expected, `'${key}'`)
    }
  }),
  onStore('getMany gives a key as often as it is asked for', async (store) => {
    const a = entryOf('a')
    await store.set('a', a)
    const found = await store.getMany(['a', 'a', 'none', 'a', 'none'])
    assert.equal(found.length, 5)
    for (const i of [0, 1, 3]) assertEntry(found[i], a)
    for (const i of [2, 4]) assertAbsent(found[i])
  }),
  onStore('getMany of nothing, and of nothing that is there', async (store) => {
    assert.deepEqual(await store.getMany([]), [])
    assert.deepEqual(await store.getMany(['a', 'b']), [undefined, undefined])
  }),
  onStore('getMany takes thousands of keys', async (store) => {
    const entry = entryOf('value')
    await store.set('key0777', entry)
    const found = await store.getMany(
      Array.from({ length: 3000 }, (_, i) => `key${String(i).padStart(4, '0')}`),
    )
    assert.equal(found.length, 3000)
    assert.deepEqual(
      found.flatMap((one, i) => (one === undefined ? [] : [i])),
      [777],
    )
    assertEntry(found[777], entry)
  }),
  onStore('write applies sets, deletes and increments, and answers in their order', async (store) => {
    await fill(store, ['b'])
    const a = entryOf('a')
    const { results } = await store.write({
      operations: [
        { op: 'delete', key: 'b' },
        { op: 'set', key: 'a', entry: a },
        { op: 'increment', key: 'c', by: 3, version: 'v' },
        { op: 'delete', key: 'none' },
      ],
    })
    assert.deepEqual(results, [
      { op: 'delete', deleted: true },
      { op: 'set' },
      { op: 'increment', value: 3 },
      { op: 'delete', deleted: false },
    ])
    await assertContent(
      store,
      new Map([
        ['a', a],
        ['c', { value: Buffer.from('3'), version: 'v' }],
      ]),
    )
  }),
  onStore('write applies operations on one key in their order', async (store) => {
    const last = entryOf('last')
    const { results } = await store.write({
      operations: [
        { op: 'set', key: 'a', entry: entryOf('5') },
        { op: 'increment', key: 'a', by: 2, version: 'v1' },
        { op: 'increment', key: 'a', by: 2, version: 'v2' },
        { op: 'delete', key: 'a' },
        { op: 'delete', key: 'a' },
        { op: 'increment', key: 'a', by: 1, version: 'v3' },
        { op: 'set', key: 'a', entry: last },
      ],
    })
    assert.deepEqual(results, [
      { op: 'set' },
      { op: 'increment', value: 7 },
      { op: 'increment', value: 9 },
      { op: 'delete', deleted: true },
      { op: 'delete', deleted: false },
      { op: 'increment', value: 1 },
      { op: 'set' },
    ])
    assertEntry(await store.get('a'), last)
  }),
  onStore('write of nothing does nothing', async (store) => {
    assert.deepEqual(await store.write({ operations: [] }), { results: [] })
  }),
  onStore('write takes a thousand operations', async (store) => {
    const entries = new Map(numbered('key', 1000).map((key) => [key, entryOf(`value of ${key}`)]))
    const { results } = await store.write({
      operations: [...entries].map(([key, entry]) => ({ op: 'set', key, entry })),
    })
    assert.equal(results.length, 1000)
    await assertContent(store, entries)
    const deletes = await store.write({
      operations: [...entries.keys()].map((key) => ({ op: 'delete', key })),
    })
    assert.ok(deletes.results.every((result) => result.op === 'delete' && result.deleted))
    assert.deepEqual(await listKeys(store), [])
  }),
  onStore('write that fails in part names exactly what was not applied', async (store) => {
    await store.set('text', entryOf('"text"'))
    const operations: Operation[] = [
      { op: 'set', key: 'a', entry: entryOf('a') },
      { op: 'increment', key: 'text', by: 1, version: 'v' },
      { op: 'set', key: 'b', entry: entryOf('b') },
    ]
    const { notApplied = [] } = await assertRejects(store.write({ operations }), 'INVALID_VALUE', 'write')
    assert.ok(notApplied.includes('text'), 'notApplied names what failed')
    for (const key of ['a', 'b']) {
      const isThere = (await store.get(key)) !== undefined
      assert.equal(isThere, !notApplied.includes(key), `whether '${key}' was applied`)
    }
    assert.equal(Buffer.from((await store.get('text'))?.value ?? '').toString(), '"text"')
  }),
  onStore('refuses checks without atomic', async (store) => {
    const operations = [{ op: 'set', key: 'a', entry: entryOf('a') }] as const
    await assertRejects(store.write({ operations, checks: [{ key: 'a', version: null }] }), 'INVALID_OPTIONS')
    assertAbsent(await store.get('a'))
  }),
  onState('setMany sets all, and tells their versions', async (state) => {
    const written = await state.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 'two', ttl: '1h' },
    ])
    const entries = await state.getManyEntries(['a', 'b'])
    assert.deepEqual(
      entries.map((entry) => entry?.value),
      [1, 'two'],
    )
    assert.deepEqual(
      written.map(({ version }) => version),
      entries.map((entry) => entry?.version),
    )
    assert.deepEqual(
      written.map(({ expiresAt }) => expiresAt),
      entries.map((entry) => entry?.expiresAt),
    )
  }),
  onState('setMany lets the last of a repeated key win', async (state) => {
    await state.setMany([1, 2, 3].map((value) => ({ key: 'a', value })))
    assert.equal(await state.get('a'), 3)
  }),
  onState('setMany replaces what is there', async (state) => {
    await state.set('a', 'old', { ttl: '1h' })
    await state.setMany([{ key: 'a', value: 'new' }])
    const entry = await state.getEntry('a')
    assert.equal(entry?.value, 'new')
    assert.equal(entry?.expiresAt, undefined)
  }),
  onState('setMany, getMany and deleteMany of nothing do nothing', async (state) => {
    assert.deepEqual(await state.setMany([]), [])
    assert.deepEqual(await state.getMany([]), [])
    assert.equal(await state.deleteMany([]), 0)
  }),
  onState('deleteMany counts what was there, once', async (state) => {
    await state.setMany(['a', 'b', 'c'].map((key) => ({ key, value: key })))
    assert.equal(await state.deleteMany(['a', 'none', 'b', 'a']), 2)
    assert.deepEqual(await state.getMany(['a', 'b', 'c']), [undefined, undefined, 'c'])
  }),
  onState('refuses a batch with one illegal part as a whole', async (state) => {
    const legal = { key: 'a', value: 1 }
    await assertRejects(state.setMany([legal, { key: '', value: 1 }]), 'INVALID_KEY')
    await assertRejects(state.setMany([legal, { key: 'b', value: undefined }]), 'NOT_SERIALIZABLE')
    await assertRejects(state.setMany([legal, { key: 'b', value: 1, ttl: 0 }]), 'INVALID_TTL')
    assert.equal(await state.has('a'), false)
  }),
]
