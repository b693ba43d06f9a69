import assert from 'node:assert/strict'
import type { Check, Operation, WriteBatch } from '@switchyard/core'
import { type Area, type Case, either, onState, onStore } from '../area.ts'
import { assertAbsent, assertEntry, entryOf } from '../checks/entries.ts'
import { assertContent, fill, numbered } from '../checks/listings.ts'
import { assertConflict, assertRejects } from '../checks/rejections.ts'

export const transactions: Area = ({ transactions: declared }) => [
  onStore('takes one atomic operation on every backend', async (store) => {
    const entry = entryOf('5')
    await store.write({ operations: [{ op: 'set', key: 'a', entry }], atomic: true })
    assertEntry(await store.get('a'), entry)
    const increment = { op: 'increment', key: 'a', by: 1, version: 'v' } as const
    assert.deepEqual((await store.write({ operations: [increment], atomic: true })).results, [
      { op: 'increment', value: 6 },
    ])
    const deletion = { op: 'delete', key: 'a' } as const
    assert.deepEqual((await store.write({ operations: [deletion], atomic: true })).results, [
      { op: 'delete', deleted: true },
    ])
  }),
  onStore('takes one check alone on every backend', async (store) => {
    const entry = entryOf('a')
    await store.set('a', entry)
    const check = (one: Check) => store.write({ operations: [], checks: [one], atomic: true })
    assert.deepEqual(await check({ key: 'a', version: entry.version }), { results: [] })
    assert.deepEqual(await check({ key: 'b', version: null }), { results: [] })
    await assertConflict(check({ key: 'a', version: null }), 'a')
    await assertConflict(check({ key: 'a', version: 'another' }), 'a')
    await assertConflict(check({ key: 'b', version: entry.version }), 'b')
  }),
  onState('takes a transaction of nothing', async (state) => {
    assert.deepEqual(await state.transaction({ operations: [] }), { results: [] })
  }),
  ...either(declared, storeCases()),
]

function storeCases(): readonly Case[] {
  return [
    onStore('applies all operations, and answers in their order', async (store) => {
      const b = (await fill(store, ['b'])).get('b')
      const a = entryOf('a')
      const operations: Operation[] = [
        { op: 'delete', key: 'b' },
        { op: 'increment', key: 'c', by: 7, version: 'v' },
        { op: 'set', key: 'a', entry: a },
      ]
      const checks = [
        { key: 'b', version: b?.version ?? '' },
        { key: 'a', version: null },
      ]
      const { results } = await store.write({ operations, checks, atomic: true })
      assert.deepEqual(results, [
        { op: 'delete', deleted: true },
        { op: 'increment', value: 7 },
        { op: 'set' },
      ])
      await assertContent(
        store,
        new Map([
          ['a', a],
          ['c', { value: Buffer.from('7'), version: 'v' }],
        ]),
      )
    }),
    ...[0, 1, 2, 3, 4].map((position) =>
      onStore(`applies nothing if operation ${position + 1} of 5 cannot be done`, async (store) => {
        const before = await fill(store, ['a', 'b', 'text'])
        const operations: Operation[] = [
          { op: 'set', key: 'a', entry: entryOf('changed') },
          { op: 'delete', key: 'b' },
          { op: 'increment', key: 'new', by: 1, version: 'v' },
          { op: 'set', key: 'other', entry: entryOf('new') },
        ]
        operations.splice(position, 0, { op: 'increment', key: 'text', by: 1, version: 'v' })
        await assertRejects(store.write({ operations, atomic: true }), 'INVALID_VALUE')
        await assertContent(store, before)
      }),
    ),
    ...[0, 1, 2].map((position) =>
      onStore(`applies nothing if check ${position + 1} of 3 fails`, async (store) => {
        const before = await fill(store, ['a', 'b'])
        const checks: Check[] = [
          { key: 'a', version: before.get('a')?.version ?? '' },
          { key: 'none', version: null },
        ]
        checks.splice(position, 0, { key: 'b', version: 'another' })
        const operations: Operation[] = [
          { op: 'set', key: 'a', entry: entryOf('changed') },
          { op: 'delete', key: 'b' },
          { op: 'increment', key: 'c', by: 1, version: 'v' },
        ]
        await assertConflict(store.write({ operations, checks, atomic: true }), 'b')
        await assertContent(store, before)
      }),
    ),
    onStore('names the first check that fails', async (store) => {
      const checks = ['x', 'y'].map((key) => ({ key, version: 'none' }))
      await assertConflict(store.write({ operations: [], checks, atomic: true }), 'x')
    }),
    onStore('compares the checks before any operation', async (store) => {
      const operations: Operation[] = [{ op: 'set', key: 'a', entry: entryOf('a') }]
      await store.write({
        operations,
        checks: [
          { key: 'a', version: null },
          { key: 'b', version: null },
        ],
        atomic: true,
      })
      const version = (await store.get('a'))?.version ?? ''
      const more: Operation[] = [
        { op: 'delete', key: 'a' },
        { op: 'increment', key: 'a', by: 1, version: 'v' },
      ]
      const batch: WriteBatch = { operations: more, checks: [{ key: 'a', version }], atomic: true }
      assert.deepEqual((await store.write(batch)).results[1], { op: 'increment', value: 1 })
      await assertConflict(store.write(batch), 'a')
    }),
    onStore('applies operations on one key in their order', async (store) => {
      const last = entryOf('last')
      const operations: Operation[] = [
        { op: 'set', key: 'a', entry: entryOf('5') },
        { op: 'increment', key: 'a', by: 2, version: 'v1' },
        { op: 'delete', key: 'a' },
        { op: 'increment', key: 'a', by: 1, version: 'v2' },
        { op: 'set', key: 'a', entry: last },
      ]
      const { results } = await store.write({ operations, atomic: true })
      const values = results.map((result) => (result.op === 'increment' ? result.value : result.op))
      assert.deepEqual(values, ['set', 7, 'delete', 1, 'set'])
      assertEntry(await store.get('a'), last)
    }),
    onStore('takes an expired entry for absent in its checks', async (store, { clock }) => {
      const entry = entryOf('a', clock.now() + clock.ttlMs)
      await store.set('a', entry)
      await clock.advance(clock.ttlMs)
      const operations: Operation[] = [{ op: 'set', key: 'b', entry: entryOf('b') }]
      const stale = store.write({ operations, checks: [{ key: 'a', version: entry.version }], atomic: true })
      await assertConflict(stale, 'a')
      assertAbsent(await store.get('b'))
      await store.write({ operations, checks: [{ key: 'a', version: null }], atomic: true })
      assert.ok((await store.get('b')) !== undefined)
    }),
    onStore('takes hundreds of operations, all or nothing', async (store) => {
      const entries = new Map(numbered('key', 500).map((key) => [key, entryOf(`value of ${key}`)]))
      const operations: Operation[] = [...entries].map(([key, entry]) => ({ op: 'set', key, entry }))
      const failing: Operation[] = [
        { op: 'set', key: 'x', entry: entryOf('x') },
        { op: 'increment', key: 'x', by: 1, version: 'v' },
      ]
      await assertRejects(
        store.write({ operations: [...operations, ...failing], atomic: true }),
        'INVALID_VALUE',
      )
      await assertContent(store, new Map())
      await store.write({ operations, atomic: true })
      await assertContent(store, entries)
    }),
    onStore('goes on working after a transaction that failed', async (store) => {
      for (let i = 0; i < 5; i++) {
        const checks = [
          { key: 'none', version: 'none' },
          { key: 'a', version: null },
        ]
        await assertConflict(store.write({ operations: [], checks, atomic: true }), 'none')
        await store.set(`key${i}`, entryOf('value'))
      }
      assert.equal((await store.stats()).keys, 5)
    }),
  ]
}
