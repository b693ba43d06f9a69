import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AnyStore, isStateError, type OperationOptions } from '@switchyard/core'
import { type Area, onPlace, onState, onStore } from '../area.ts'
import { entryOf } from '../checks/entries.ts'
import { listKeys } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'
import { spyOn } from '../spy.ts'

/** Every operation of a store, on 'key'. */
export const STORE_CALLS: Readonly<Record<string, (store: AnyStore, options?: OperationOptions) => unknown>> =
  {
    get: (store, options) => store.get('key', options),
    getMany: (store, options) => store.getMany(['key', 'other'], options),
    list: (store, options) => listKeys(store, options),
    set: (store, options) => store.set('key', entryOf('written'), options),
    'set if absent': (store, options) =>
      store.set('key', entryOf('written'), { ...options, ifVersion: null }),
    delete: (store, options) => store.delete('key', options),
    write: (store, options) =>
      store.write({ operations: [{ op: 'set', key: 'key', entry: entryOf('written') }] }, options),
    increment: (store, options) =>
      store.write({ operations: [{ op: 'increment', key: 'key', by: 1, version: 'v' }] }, options),
    stats: (store, options) => store.stats(options),
    cleanup: (store, options) => store.cleanup(options),
  }

export const errors: Area = () => [
  ...Object.entries(STORE_CALLS).map(([name, call]) =>
    onPlace(`${name} with a signal that is aborted already does nothing`, async (trial) => {
      const { store, calls } = await spyOn(trial)
      await assertRejects(call(store, { signal: AbortSignal.abort() }), 'ABORTED')
      assert.deepEqual(calls, [], 'nothing got to the backend')
      assert.equal(await store.get('key'), undefined)
    }),
  ),
  onState('rejects with ABORTED in each operation of the service, and does nothing', async (state) => {
    const options = { signal: AbortSignal.abort() }
    const calls = {
      get: state.get('key', options),
      getMany: state.getMany(['key'], options),
      has: state.has('key', options),
      set: state.set('key', 1, options),
      setMany: state.setMany([{ key: 'key', value: 1 }], options),
      delete: state.delete('key', options),
      take: state.take('key', options),
      update: state.update('key', () => 1, options),
      increment: state.increment('key', 1, options),
      touch: state.touch('key', 1000, options),
      page: state.keys(options).page(),
      clear: state.clear(options),
      stats: state.stats(options),
    }
    for (const [name, call] of Object.entries(calls)) await assertRejects(call, 'ABORTED', name)
    assert.equal(await state.has('key'), false)
  }),
  ...[0, 1, 2].map((ms) =>
    onState(
      `tells the truth about a write that is aborted ${ms === 0 ? 'at once' : `after ${ms} ms`}`,
      async (state) => {
        for (let i = 0; i < 10; i++) {
          const stop = new AbortController()
          const settled = Promise.allSettled([
            state.set(`key${i}`, 'x'.repeat(4000), { signal: stop.signal }),
          ])
          if (ms > 0) await sleep(ms)
          stop.abort()
          const [outcome] = await settled
          if (outcome.status === 'fulfilled') {
            assert.equal(await state.has(`key${i}`), true, 'it resolved, so it is there')
          } else if (isStateError(outcome.reason, 'ABORTED')) {
            assert.equal(await state.has(`key${i}`), false, 'ABORTED, so it is not there')
          } else {
            await assertRejects(Promise.reject(outcome.reason), 'OUTCOME_UNKNOWN')
          }
        }
      },
    ),
  ),
  onState('says of a conflict where it was', async (state) => {
    await state.set('key', 1)
    const error = await assertRejects(state.set('key', 2, { ifAbsent: true }), 'CONFLICT')
    const { key, backend, operation, retryable } = error
    assert.deepEqual(
      { key, backend, operation, retryable },
      { key: 'key', backend: 'tested', operation: 'set', retryable: true },
    )
    assert.ok(error.message.includes('key') && error instanceof Error)
  }),
  onState('says of an illegal key which it was', async (state) => {
    const { key, retryable } = await assertRejects(state.get('a\0'), 'INVALID_KEY')
    assert.deepEqual({ key, retryable }, { key: 'a\0', retryable: false })
  }),
  onStore('is not disturbed by calls that fail', async (store) => {
    const entry = entryOf('"text"')
    await store.set('key', entry)
    const failing = Array.from({ length: 20 }, (_, i) => [
      assertRejects(store.set('key', entryOf('lost'), { ifVersion: `v${i}` }), 'CONFLICT'),
      assertRejects(
        store.write({ operations: [{ op: 'increment', key: 'key', by: 1, version: 'v' }] }),
        'INVALID_VALUE',
      ),
      assertRejects(store.set('', entryOf('lost')), 'INVALID_KEY'),
    ])
    await Promise.all(failing.flat())
    assert.equal((await store.get('key'))?.version, entry.version)
    assert.equal((await store.stats()).keys, 1)
  }),
]
