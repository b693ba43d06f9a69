import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyStore } from '@switchyard/core'
import { type Area, either, onPlace, onState, onStore } from '../area.ts'
import { assertEntry, entryOf, newVersion } from '../checks/entries.ts'
import { numbered } from '../checks/listings.ts'
import { countFulfilled } from '../checks/rejections.ts'
import { times } from '../checks/times.ts'

/** What holds among the callers of one process. */
export const concurrency: Area = ({ shared, atomicity }) => [
  onState('counts 100 increments at once exactly', async (state) => {
    const sums = await Promise.all(times(100, () => state.increment('key')))
    assert.equal(await state.get('key'), 100)
    assert.deepEqual(
      sums.sort((a, b) => a - b),
      times(100, (i) => i + 1),
    )
  }),
  onState('counts 100 updates at once exactly', async (state) => {
    await Promise.all(times(100, () => state.update<number>('key', (n = 0) => n + 1)))
    assert.equal(await state.get('key'), 100)
  }),
  onState('counts 30 updates by async functions at once exactly', async (state) => {
    const add = async (n = 0): Promise<number> => {
      await sleep(1)
      return n + 1
    }
    await Promise.all(times(30, () => state.update<number>('key', add)))
    assert.equal(await state.get('key'), 30)
  }),
  onState('counts increments and updates of one key together exactly', async (state) => {
    const increments = times(50, () => state.increment('key'))
    const changes = times(50, () => state.update<number>('key', (n = 0) => n + 1))
    await Promise.all([...increments, ...changes])
    assert.equal(await state.get('key'), 100)
  }),
  onState('counts increments of many keys at once exactly', async (state) => {
    const keys = numbered('key', 10)
    await Promise.all(times(200, (i) => state.increment(keys[i % 10] as string, i)))
    const expected = keys.map((_, key) => times(20, (i) => key + 10 * i).reduce((a, b) => a + b))
    assert.deepEqual(await state.getMany(keys), expected)
  }),
  onStore('counts increments in batches at once exactly', async (store) => {
    const operations = ['a', 'b', 'a'].map(
      (key) => ({ op: 'increment', key, by: 1, version: newVersion() }) as const,
    )
    await Promise.all(times(40, () => store.write({ operations })))
    const [a, b] = await store.getMany(['a', 'b'])
    assert.deepEqual(
      [a, b].map((entry) => Buffer.from(entry?.value ?? '').toString()),
      ['80', '40'],
    )
  }),
  onStore('lets one of 50 writers with the same version win', async (store) => {
    const first = entryOf('first')
    await store.set('key', first)
    const writes = times(50, (i) => store.set('key', entryOf(`writer ${i}`), { ifVersion: first.version }))
    assert.equal(await countFulfilled(writes, 'CONFLICT'), 1)
  }),
  onStore('keeps what the winner wrote', async (store) => {
    for (let round = 0; round < 10; round++) {
      const before = (await store.get('key'))?.version ?? null
      const entries = times(10, (i) => entryOf(`writer ${i}`))
      const outcomes = await Promise.allSettled(
        entries.map((entry) => store.set('key', entry, { ifVersion: before })),
      )
      const winners = entries.filter((_, i) => outcomes[i]?.status === 'fulfilled')
      assert.equal(winners.length, 1)
      assertEntry(await store.get('key'), winners[0] ?? assert.fail())
    }
  }),
  onStore('lets one of 50 creators win', async (store) => {
    const writes = times(50, (i) => store.set('key', entryOf(`creator ${i}`), { ifVersion: null }))
    assert.equal(await countFulfilled(writes, 'CONFLICT'), 1)
  }),
  onStore('lets one of 50 creators win over an expired entry', async (store, { clock }) => {
    await store.set('key', entryOf('old', clock.now() + clock.ttlMs))
    await clock.advance(clock.ttlMs)
    const writes = times(50, (i) => store.set('key', entryOf(`creator ${i}`), { ifVersion: null }))
    assert.equal(await countFulfilled(writes, 'CONFLICT'), 1)
  }),
  onStore('lets one of 50 deletions by version win', async (store) => {
    const entry = entryOf('value')
    await store.set('key', entry)
    const deletions = times(50, () => store.delete('key', { ifVersion: entry.version }))
    assert.equal(await countFulfilled(deletions, 'CONFLICT'), 1)
    assert.equal(await store.get('key'), undefined)
  }),
  onStore('tells one of 50 deletions that it deleted', async (store) => {
    await store.set('key', entryOf('value'))
    const deleted = await Promise.all(times(50, () => store.delete('key')))
    assert.equal(deleted.filter((one) => one).length, 1)
  }),
  onStore('lets either a write or a deletion by version win', async (store) => {
    for (let round = 0; round < 10; round++) {
      const entry = entryOf('value')
      await store.set('key', entry)
      const ifVersion = entry.version
      const both = [store.set('key', entryOf('other'), { ifVersion }), store.delete('key', { ifVersion })]
      assert.equal(await countFulfilled(both, 'CONFLICT'), 1)
    }
  }),
  onState('gives a value to one of 50 takers', async (state) => {
    for (let round = 0; round < 5; round++) {
      await state.set('key', `value ${round}`)
      const taken = await Promise.all(times(50, () => state.take('key')))
      assert.deepEqual(
        taken.filter((value) => value !== undefined),
        [`value ${round}`],
      )
    }
  }),
  onState('gives each of 20 values to one of 100 takers', async (state) => {
    const keys = numbered('key', 20)
    await state.setMany(keys.map((key) => ({ key, value: key })))
    const taken = await Promise.all(times(100, (i) => state.take<string>(keys[i % 20] as string)))
    assert.deepEqual(taken.filter((value) => value !== undefined).sort(), keys)
  }),
  ...either(shared && atomicity === 'store', [
    onPlace('counts exactly through two openings', async (trial) => {
      const states = [await trial.openState(), await trial.openState()] as const
      await Promise.all(times(100, (i) => states[(i % 2) as 0 | 1].increment('key')))
      await Promise.all(times(40, (i) => states[(i % 2) as 0 | 1].update<number>('key', (n = 0) => n + 1)))
      for (const state of states) assert.equal(await state.get('key'), 140)
    }),
    onPlace('lets one creator win through two openings', async (trial) => {
      const stores: readonly AnyStore[] = [await trial.open(), await trial.open()]
      const writes = times(50, (i) =>
        (stores[i % 2] as AnyStore).set('key', entryOf(`${i}`), { ifVersion: null }),
      )
      assert.equal(await countFulfilled(writes, 'CONFLICT'), 1)
    }),
  ]),
]
