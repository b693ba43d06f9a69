import assert from 'node:assert/strict'
import type { StorageStats } from '@switchyard/core'
import { type Area, type Case, either, onState, onStore } from '../area.ts'
import { entryOf } from '../checks/entries.ts'
import { assertContent, assertSameKeys, fill, fillFast, listKeys, numbered } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'

export const maintenance: Area = ({ ttl, optimize, exactClock }) => {
  /** Nothing but cleanup() removes what has expired, so it can be counted. */
  const counted = ttl === 'lazy' && exactClock

  return [
    onStore('counts nothing in an empty store', async (store) => {
      const stats = await store.stats()
      assertStats(stats)
      assert.equal(stats.keys, 0)
      assert.equal(stats.expired, 0)
    }),
    onStore('counts each key once, through overwriting and deleting', async (store) => {
      await fill(store, numbered('key', 10))
      await fill(store, numbered('key', 5))
      await store.delete('key009')
      await store.delete('none')
      const stats = await store.stats()
      assertStats(stats)
      assert.equal(stats.keys, 9)
      assert.ok(stats.bytes > 0, 'it uses some bytes')
    }),
    onStore('counts what expires out of the keys', async (store, { clock }) => {
      await fill(store, ['a', 'b'])
      await fillFast(store, numbered('short', 5), clock.now() + clock.ttlMs)
      assert.equal((await store.stats()).keys, 7)
      await clock.advance(clock.ttlMs)
      const stats = await store.stats()
      assertStats(stats)
      assert.equal(stats.keys, 2)
      if (counted) assert.equal(stats.expired, 5)
      else assert.ok(stats.expired <= 5)
    }),
    onState('tells the stats of the store in the service', async (state) => {
      await state.setMany(numbered('key', 3).map((key) => ({ key, value: key })))
      const stats = await state.stats()
      assertStats(stats)
      assert.equal(stats.keys, 3)
    }),
    onStore('cleans up what has expired, and nothing else', async (store, { clock }) => {
      const kept = await fill(store, ['a', 'b'])
      const later = entryOf('later', clock.now() + clock.ttlMs * 1000)
      await store.set('later', later)
      const expiring = numbered('short', 5)
      await fillFast(store, expiring, clock.now() + clock.ttlMs)
      await clock.advance(clock.ttlMs)
      const told: string[] = []
      const { removed } = await store.cleanup({ onRemoved: (keys) => told.push(...keys) })
      assert.equal(told.length, removed, 'as many keys were told as removed')
      if (counted) assertSameKeys(told, expiring, 'the keys that were told')
      assert.ok(told.every((key) => expiring.includes(key)))
      assert.equal((await store.stats()).expired, 0)
      await assertContent(store, kept.set('later', later))
    }),
    onStore('cleans up nothing where nothing has expired', async (store, { clock }) => {
      assert.equal((await store.cleanup()).removed, 0)
      await store.set('later', entryOf('later', clock.now() + clock.ttlMs * 1000))
      await store.set('a', entryOf('a'))
      const { removed } = await store.cleanup({ onRemoved: (keys) => assert.deepEqual(keys, []) })
      assert.equal(removed, 0)
      assert.equal((await listKeys(store)).length, 2)
    }),
    onStore('cleans up thousands of entries', async (store, { clock }) => {
      await fillFast(store, numbered('short', 2500), clock.now() + clock.ttlMs)
      await fillFast(store, numbered('kept', 1500))
      await clock.advance(clock.ttlMs)
      const { removed } = await store.cleanup()
      if (counted) assert.equal(removed, 2500)
      const stats = await store.stats()
      assert.deepEqual([stats.keys, stats.expired], [1500, 0])
      assert.equal((await store.cleanup()).removed, 0)
    }),
    onStore('leaves to a key that was written again its new entry', async (store, { clock }) => {
      await fillFast(store, ['set', 'renewed', 'gone'], clock.now() + clock.ttlMs)
      await clock.advance(clock.ttlMs)
      const [set, renewed] = [entryOf('new'), entryOf('new', clock.now() + clock.ttlMs * 100)]
      await store.set('set', set)
      await store.set('renewed', renewed)
      await store.cleanup()
      await assertContent(
        store,
        new Map([
          ['set', set],
          ['renewed', renewed],
        ]),
      )
    }),
    onState('cleans up through the service, and tells as events what expired', async (state, { clock }) => {
      const expired: string[] = []
      state.on('change', ({ type, key }) => void (type === 'expire' && expired.push(key)))
      await state.set('short', 1, { ttl: clock.ttlMs })
      await state.set('kept', 1)
      await clock.advance(clock.ttlMs)
      const { removed } = await state.cleanup()
      assert.equal(expired.length, removed)
      if (counted) assert.deepEqual(expired, ['short'])
      assert.equal(await state.get('kept'), 1)
    }),
    onState('is healthy', async (state) => {
      assert.deepEqual((await state.backends.health()).healthy, true)
    }),
    onStore('tells of its health, if it has more to tell than that it can be read', async (store) => {
      const health = await store.checkHealth?.()
      assert.notEqual(health?.healthy, false, health?.reason ?? 'it is not healthy')
    }),
    ...either(optimize, optimizeCases(), [
      onState('refuses to be optimized, as it does not declare that', async (state) => {
        await assertRejects(state.optimize(), 'NOT_SUPPORTED')
      }),
    ]),
  ]
}

function optimizeCases(): readonly Case[] {
  return [
    onStore('optimizes, and keeps everything', async (store, { clock }) => {
      const entries = await fill(store, numbered('key', 20))
      const later = entryOf('later', clock.now() + clock.ttlMs * 1000)
      await store.set('later', later)
      await fillFast(store, numbered('gone', 500))
      await store.write({ operations: numbered('gone', 500).map((key) => ({ op: 'delete', key })) })
      const result = await store.optimize?.()
      assert.ok(Number.isSafeInteger(result?.bytesBefore) && Number.isSafeInteger(result?.bytesAfter))
      await assertContent(store, entries.set('later', later))
    }),
    onState('optimizes through the service, beside other operations', async (state) => {
      const [, ...written] = await Promise.all([
        state.optimize(),
        ...numbered('key', 20).map((key) => state.set(key, key)),
        state.increment('count'),
      ])
      assert.equal(written.length, 21)
      assert.equal((await state.stats()).keys, 21)
    }),
  ]
}

function assertStats({ keys, bytes, expired }: StorageStats): void {
  for (const [name, count] of Object.entries({ keys, bytes, expired })) {
    assert.ok(Number.isSafeInteger(count) && count >= 0, `stats.${name} is ${count}`)
  }
}
