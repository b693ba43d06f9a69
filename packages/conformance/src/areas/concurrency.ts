import assert from 'node:assert/strict'
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import type { AnyStore, Entry } from '@switchyard/core'
import { type Area, type Case, either, onPlace, onState, onStore } from '../area.ts'
import { assertEntry, entryOf, newVersion } from '../checks/entries.ts'
import { assertContent, fillFast, listKeys, numbered } from '../checks/listings.ts'
import { countFulfilled } from '../checks/rejections.ts'

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

/** What holds among the callers of one process. */
export const concurrency: Area = ({ transactions, shared, atomicity, maxValueBytes }) => [
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
  onStore('keeps every one of 300 keys that are set at once', async (store) => {
    const entries = new Map(numbered('key', 300).map((key) => [key, entryOf(`value of ${key}`)]))
    await Promise.all([...entries].map(([key, entry]) => store.set(key, entry)))
    await assertContent(store, entries)
  }),
  onStore('shows whole values while one key is overwritten', async (store) => {
    const bytes = Math.min(50_000, maxValueBytes)
    const filled = (i: number): Entry => entryOf(Buffer.alloc(bytes, 97 + (i % 26)))
    await store.set('key', filled(0))
    let isWriting = true
    async function write(): Promise<void> {
      for (let i = 1; i <= 50; i++) await store.set('key', filled(i))
      isWriting = false
    }
    async function read(): Promise<void> {
      while (isWriting) {
        const value = (await store.get('key'))?.value ?? assert.fail('the key went away')
        assert.ok(value.byteLength === bytes && value.every((byte) => byte === value[0]), 'a value in parts')
        await immediate()
      }
    }
    await Promise.all([write(), read(), read()])
  }),
  onStore('holds what one of many writers wrote, and then what the next one does', async (store) => {
    const entries = times(50, (i) => entryOf(`write ${i}`))
    await Promise.all(entries.map((entry) => store.set('key', entry)))
    const found = await store.get('key')
    assert.ok(
      entries.some(({ version }) => version === found?.version),
      'it holds what one of them wrote',
    )
    const last = entryOf('last')
    await store.set('key', last)
    assertEntry(await store.get('key'), last)
  }),
  onStore('never cleans up a newer write', async (store, { clock }) => {
    const keys = numbered('key', 100)
    await fillFast(store, keys, clock.now() + clock.ttlMs)
    await clock.advance(clock.ttlMs)
    const entries = new Map(keys.map((key) => [key, entryOf(`new value of ${key}`)]))
    const sets = [...entries].map(async ([key, entry], i) => {
      if (i % 2 === 0) await sleep(0)
      await store.set(key, entry)
    })
    await Promise.all([store.cleanup(), store.cleanup(), ...sets, store.cleanup()])
    await assertContent(store, entries)
  }),
  onStore('never loses a write to those who find the key expired', async (store, { clock }) => {
    const keys = numbered('key', 50)
    await fillFast(store, keys, clock.now() + clock.ttlMs)
    await clock.advance(clock.ttlMs)
    const entries = new Map(keys.map((key) => [key, entryOf(`new value of ${key}`)]))
    const reads = keys.map(async (key) => store.get(key))
    const more = [store.getMany(keys), listKeys(store), store.stats()]
    const sets = [...entries].map(async ([key, entry]) => store.set(key, entry))
    await Promise.all([...reads, ...more, ...sets])
    await sleep(5)
    await assertContent(store, entries)
  }),
  onStore('never cleans up what is written while the removed are told', async (store, { clock }) => {
    await fillFast(store, numbered('key', 20), clock.now() + clock.ttlMs)
    await clock.advance(clock.ttlMs)
    const entry = entryOf('new')
    const writes: Promise<void>[] = []
    await store.cleanup({
      onRemoved: (keys) => void writes.push(...keys.map(async (key) => store.set(key, entry))),
    })
    await Promise.all(writes)
    assert.equal((await store.stats()).keys, writes.length)
  }),
  onState('counts exactly while expired entries are cleaned up', async (state, { clock }) => {
    await state.set('key', 1000, { ttl: clock.ttlMs })
    await clock.advance(clock.ttlMs)
    await Promise.all(times(50, async (i) => (i % 5 === 0 ? state.cleanup() : state.increment('key'))))
    assert.equal(await state.get('key'), 40)
  }),
  ...either(transactions, transactionCases()),
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

function transactionCases(): readonly Case[] {
  return [
    onState('moves money between accounts without making or losing any', async (state) => {
      const accounts = numbered('account', 5)
      await state.setMany(accounts.map((key) => ({ key, value: 100 })))
      const moves = times(100, (i) => {
        const [from, to] = [accounts[i % 5] as string, accounts[(i * 3 + 1) % 5] as string]
        return state.transaction({
          operations: [
            { op: 'increment', key: from, by: -i },
            { op: 'increment', key: to, by: i },
          ],
        })
      })
      await Promise.all(moves)
      const balances = await state.getMany<number>(accounts)
      assert.equal(
        balances.reduce((sum = 0, balance = 0) => sum + balance, 0),
        500,
      )
    }),
    onState('lets one of 30 transactions on the same version win', async (state) => {
      const { version } = await state.set('key', 0)
      const attempts = times(30, (i) =>
        state.transaction({
          checks: [{ key: 'key', version }],
          operations: [
            { op: 'set', key: 'key', value: i },
            { op: 'increment', key: 'winners' },
          ],
        }),
      )
      assert.equal(await countFulfilled(attempts, 'CONFLICT'), 1)
      assert.equal(await state.get('winners'), 1)
    }),
    onState('leaves pairs as one transaction wrote them', async (state) => {
      for (let round = 0; round < 10; round++) {
        await Promise.all(
          times(10, (i) =>
            state.transaction({ operations: ['a', 'b'].map((key) => ({ op: 'set', key, value: i })) }),
          ),
        )
        const [a, b] = await state.getMany(['a', 'b'])
        assert.equal(a, b)
      }
    }),
    onState('mixes transactions, increments and updates exactly', async (state) => {
      const transaction = {
        operations: [
          { op: 'increment', key: 'a' },
          { op: 'increment', key: 'b' },
        ],
      } as const
      await Promise.all(
        times(90, async (i) => {
          if (i % 3 === 0) await state.transaction(transaction)
          else if (i % 3 === 1) await state.increment('a')
          else await state.update<number>('b', (n = 0) => n + 1)
        }),
      )
      assert.deepEqual(await state.getMany(['a', 'b']), [60, 60])
    }),
  ]
}
