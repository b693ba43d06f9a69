import assert from 'node:assert/strict'
import type { AnyStore, Awaitable, Entry } from '@switchyard/core'
import { type Area, onStore } from '../area.ts'
import { assertAbsent, assertEntry, entryOf } from '../checks/entries.ts'
import { listKeys } from '../checks/listings.ts'
import { assertConflict } from '../checks/rejections.ts'
import type { TestClock } from '../test-clock.ts'

/** What an entry that has expired no longer does. */
export const expired: Area = () => [
  onStore('lets ifVersion: null create over an expired entry', async (store, { clock }) => {
    const entry = await expiredThen(store, clock, (next) => store.set('key', next, { ifVersion: null }))
    assertEntry(await store.get('key'), entry)
    await assertConflict(store.set('key', entryOf('late'), { ifVersion: null }), 'key')
  }),
  onStore('knows the version of an expired entry no more', async (store, { clock }) => {
    const old = entryOf('old', clock.now() + clock.ttlMs)
    await store.set('key', old)
    await clock.advance(clock.ttlMs)
    await assertConflict(store.set('key', entryOf('lost'), { ifVersion: old.version }), 'key')
    await assertConflict(store.delete('key', { ifVersion: old.version }), 'key')
    assertAbsent(await store.get('key'))
  }),
  onStore('does not count an expired entry as deleted', async (store, { clock }) => {
    await store.set('key', entryOf('value', clock.now() + clock.ttlMs))
    await store.set('batched', entryOf('value', clock.now() + clock.ttlMs))
    await clock.advance(clock.ttlMs)
    assert.equal(await store.delete('key'), false)
    const { results } = await store.write({ operations: [{ op: 'delete', key: 'batched' }] })
    assert.deepEqual(results, [{ op: 'delete', deleted: false }])
  }),
  onStore(
    'counts from 0 over an expired number, with the expiry of the increment',
    async (store, { clock }) => {
      await store.set('key', entryOf('41', clock.now() + clock.ttlMs))
      await clock.advance(clock.ttlMs)
      const expiresAt = clock.now() + clock.ttlMs
      const increment = { op: 'increment', key: 'key', by: 1, version: 'v1', expiresAt } as const
      const { results } = await store.write({ operations: [increment] })
      assert.deepEqual(results, [{ op: 'increment', value: 1, expiresAt }])
      assertEntry(await store.get('key'), { value: Buffer.from('1'), version: 'v1', expiresAt })
      await clock.advance(clock.ttlMs)
      assertAbsent(await store.get('key'))
    },
  ),
  onStore('keeps the expiry of a live number when it is incremented', async (store, { clock }) => {
    const expiresAt = clock.now() + clock.ttlMs
    await store.set('key', entryOf('41', expiresAt))
    await clock.advance(clock.ttlMs / 10)
    const increment = {
      op: 'increment',
      key: 'key',
      by: 1,
      version: 'v1',
      expiresAt: expiresAt + 1_000_000,
    } as const
    const { results } = await store.write({ operations: [increment] })
    assert.deepEqual(results, [{ op: 'increment', value: 42, expiresAt }])
    assertEntry(await store.get('key'), { value: Buffer.from('42'), version: 'v1', expiresAt })
  }),
  onStore('gives a live number without an expiry none when it is incremented', async (store, { clock }) => {
    await store.set('key', entryOf('1'))
    const expiresAt = clock.now() + clock.ttlMs
    await store.write({ operations: [{ op: 'increment', key: 'key', by: 1, version: 'v1', expiresAt }] })
    assertEntry(await store.get('key'), { value: Buffer.from('2'), version: 'v1' })
  }),
  onStore('takes a new entry in the place of an expired one', async (store, { clock }) => {
    const entry = await expiredThen(store, clock, (next) => store.set('key', next))
    await store.cleanup()
    assertEntry(await store.get('key'), entry)
    assert.deepEqual(await listKeys(store), ['key'])
  }),
]

/** Lets 'key' expire and then writes a new entry there. */
async function expiredThen(
  store: AnyStore,
  clock: TestClock,
  write: (next: Entry) => Awaitable<void>,
): Promise<Entry> {
  await store.set('key', entryOf('old', clock.now() + clock.ttlMs))
  await clock.advance(clock.ttlMs)
  const next = entryOf('next')
  await write(next)
  return next
}
