import assert from 'node:assert/strict'
import { isStateError } from '@switchyard/core'
import { type Area, onPlace, onState, onStore } from '../area.ts'
import { assertEntry, entryOf } from '../checks/entries.ts'
import { fill, listAll, listKeys, numbered } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'
import { STORE_CALLS } from './errors.ts'

export const close: Area = ({ durable }) => [
  onPlace('can be closed twice, also at the same time, by itself', async (trial) => {
    // Without the checks of the edge, which would close it once only.
    const backend = await trial.backend()
    const store = await backend.open({
      backend: backend.plugin.name,
      clock: trial.clock,
      random: (bytes) => crypto.getRandomValues(bytes),
      logger: { warn: () => undefined },
      signal: new AbortController().signal,
    })
    await store.set('key', entryOf('value'))
    await Promise.all([store.close(), store.close()])
    await store.close()
  }),
  onStore('can be closed twice, also at the same time', async (store) => {
    await Promise.all([store.close(), store.close()])
    await store.close()
  }),
  onStore('can be closed unused', (store) => store.close()),
  ...Object.entries(STORE_CALLS).map(([name, call]) =>
    onStore(`rejects ${name} with CLOSED when it is closed`, async (store) => {
      await store.set('key', entryOf('1'))
      await store.close()
      await assertRejects(call(store), 'CLOSED')
    }),
  ),
  onState('rejects each operation of the service with CLOSED when it is closed', async (state) => {
    await state.set('key', 1)
    await state.close()
    await state.close()
    const calls = {
      get: state.get('key'),
      getMany: state.getMany(['key']),
      has: state.has('key'),
      set: state.set('key', 1),
      setMany: state.setMany([{ key: 'key', value: 1 }]),
      delete: state.delete('key'),
      take: state.take('key'),
      update: state.update('key', () => 1),
      increment: state.increment('key'),
      page: state.keys().page(),
      clear: state.clear(),
      stats: state.stats(),
      cleanup: state.cleanup(),
    }
    for (const [name, call] of Object.entries(calls)) await assertRejects(call, 'CLOSED', name)
  }),
  onPlace('closes by `await using`', async (trial) => {
    const state = await trial.openState()
    await state[Symbol.asyncDispose]()
    await assertRejects(state.get('key'), 'CLOSED')
  }),
  ...[1, 20, 200].map((count) =>
    onPlace(`settles ${count} writes that are in flight when it is closed`, async (trial) => {
      const store = await trial.open()
      const entries = numbered('key', count).map((key) => ({ key, entry: entryOf(`value of ${key}`) }))
      const writes = entries.map(async ({ key, entry }) => store.set(key, entry))
      const [, ...outcomes] = await Promise.all([store.close(), ...writes.map((write) => settled(write))])
      if (!durable) return
      const reopened = await trial.open()
      for (const [i, { key, entry }] of entries.entries()) {
        const found = await reopened.get(key)
        if (outcomes[i] === 'fulfilled') assertEntry(found, entry, `'${key}', whose write resolved`)
        else assert.equal(found, undefined, `'${key}' is there, and its write was rejected with CLOSED`)
      }
    }),
  ),
  onPlace('settles operations of all kinds that are in flight when it is closed', async (trial) => {
    const store = await trial.open()
    await fill(store, numbered('key', 50))
    const calls = Object.values(STORE_CALLS).map(async (call) => call(store))
    const pages = listAll(store, { limit: 3 })
    await Promise.allSettled([store.close(), ...calls, pages])
  }),
  onPlace('lets the operations of the service end before it closes', async (trial) => {
    const state = await trial.openState()
    const writes = numbered('key', 50).map((key) => state.set(key, key))
    const increments = Array.from({ length: 50 }, () => state.increment('count'))
    await state.close()
    const outcomes = await Promise.all([...writes, ...increments].map((write) => settled(write)))
    if (!durable) return
    const reopened = await trial.openState()
    const done = (some: readonly string[]): number => some.filter((outcome) => outcome === 'fulfilled').length
    assert.equal((await reopened.get<number>('count')) ?? 0, done(outcomes.slice(50)))
    assert.equal((await reopened.keys({ prefix: 'key' }).page()).items.length, done(outcomes.slice(0, 50)))
  }),
  onPlace('can be opened again once it is closed', async (trial) => {
    for (let i = 0; i < 5; i++) {
      const store = await trial.open()
      const entry = entryOf(`round ${i}`)
      await store.set('key', entry)
      assertEntry(await store.get('key'), entry)
      assert.deepEqual(await listKeys(store), ['key'])
      await store.close()
    }
  }),
]

/** How it went; a write that close() came before may be refused, and with nothing but CLOSED. */
async function settled(write: Promise<unknown>): Promise<'fulfilled' | 'closed'> {
  try {
    await write
    return 'fulfilled'
  } catch (error) {
    assert.ok(isStateError(error, 'CLOSED'), `a write in flight was rejected with ${String(error)}`)
    return 'closed'
  }
}
