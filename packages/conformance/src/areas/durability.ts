import assert from 'node:assert/strict'
import type { AnyStore } from '@switchyard/core'
import { type Area, type Case, either, onPlace } from '../area.ts'
import { assertAbsent, entryOf } from '../checks/entries.ts'
import {
  assertContent,
  assertSameKeys,
  collect,
  fill,
  fillFast,
  listKeys,
  numbered,
} from '../checks/listings.ts'
import { assertConflict } from '../checks/rejections.ts'
import { allHostileKeys } from '../hostile-keys.ts'
import { bigValue } from '../process-tasks.ts'
import type { Trial } from '../trial.ts'

export const durability: Area = ({ durable, transactions, maxKeyBytes, exactClock }) =>
  either(
    durable,
    [
      reopening('values, versions and expiries', async (store, { clock }) => {
        const entries = await fill(store, ['a', 'b'])
        const later = entryOf(Buffer.from([0, 255, 128]), clock.now() + clock.ttlMs * 1000)
        await store.set('later', later)
        entries.set('later', later)
        return (reopened) => assertContent(reopened, entries)
      }),
      reopening('hostile keys', async (store) => {
        const entries = await fill(store, allHostileKeys(maxKeyBytes))
        return (reopened) => assertContent(reopened, entries)
      }),
      reopening('a thousand entries', async (store) => {
        await fillFast(store, numbered('key', 1000))
        return async (reopened) => assertSameKeys(await listKeys(reopened), numbered('key', 1000))
      }),
      reopening('a large value', async (store) => {
        const entry = entryOf(Buffer.alloc(1024 * 1024, 'switchyard'))
        await store.set('key', entry)
        return (reopened) => assertContent(reopened, new Map([['key', entry]]))
      }),
      reopening('deletions', async (store) => {
        const entries = await fill(store, ['a', 'b', 'c'])
        await store.delete('a')
        await store.write({ operations: [{ op: 'delete', key: 'b' }] })
        return (reopened) => assertContent(reopened, new Map([...entries].slice(2)))
      }),
      reopening('the last of many writes to a key', async (store) => {
        for (let i = 0; i < 50; i++) await store.set('key', entryOf(`write ${i}`))
        const last = entryOf('last')
        await store.set('key', last)
        return (reopened) => assertContent(reopened, new Map([['key', last]]))
      }),
      reopening('a key that was deleted and written again', async (store) => {
        await store.set('key', entryOf('first'))
        await store.delete('key')
        const second = entryOf('second')
        await store.set('key', second)
        return (reopened) => assertContent(reopened, new Map([['key', second]]))
      }),
      reopening('increments and batches', async (store) => {
        const a = entryOf('a')
        await store.write({ operations: [{ op: 'set', key: 'a', entry: a }] })
        for (let i = 1; i <= 3; i++) {
          await store.write({ operations: [{ op: 'increment', key: 'n', by: 2, version: `v${i}` }] })
        }
        const n = { value: Buffer.from('6'), version: 'v3' }
        return (reopened) =>
          assertContent(
            reopened,
            new Map([
              ['a', a],
              ['n', n],
            ]),
          )
      }),
      reopening('what checks are made against', async (store) => {
        const entry = entryOf('value')
        await store.set('key', entry)
        return async (reopened) => {
          await assertConflict(reopened.set('key', entryOf('other'), { ifVersion: null }), 'key')
          await assertConflict(reopened.set('key', entryOf('other'), { ifVersion: 'another' }), 'key')
          await reopened.set('key', entryOf('other'), { ifVersion: entry.version })
        }
      }),
      reopening('what cleanup() left', async (store, { clock }) => {
        const entries = await fill(store, ['a', 'b'])
        await fillFast(store, numbered('short', 20), clock.now() + clock.ttlMs)
        await clock.advance(clock.ttlMs)
        await store.cleanup()
        return (reopened) => assertContent(reopened, entries)
      }),
      reopening('what has expired meanwhile, as expired', async (store, { clock }) => {
        await store.set('key', entryOf('value', clock.now() + clock.ttlMs))
        return async (reopened) => {
          await clock.advance(exactClock ? clock.ttlMs - 1 : 0)
          if (exactClock) assert.ok((await reopened.get('key')) !== undefined, 'just before it expires')
          await clock.advance(exactClock ? 1 : clock.ttlMs)
          assertAbsent(await reopened.get('key'))
          assert.deepEqual(await listKeys(reopened), [])
          assert.equal((await reopened.stats()).keys, 0)
        }
      }),
      ...either(transactions, [
        reopening('transactions', async (store) => {
          const entries = new Map(['a', 'b'].map((key) => [key, entryOf(key)]))
          await store.write({
            operations: [...entries].map(([key, entry]) => ({ op: 'set', key, entry })),
            atomic: true,
          })
          return (reopened) => assertContent(reopened, entries)
        }),
      ]),
      onPlace('keeps a value that is only read for many openings', async (trial) => {
        const first = await trial.open()
        const entries = await fill(first, ['a', 'b'])
        await first.close()
        for (let i = 0; i < 5; i++) {
          const store = await trial.open()
          await assertContent(store, entries)
          await store.close()
        }
      }),
      ...killCases(transactions),
    ],
    [
      onPlace('starts to work at once when it is opened again, as it is not durable', async (trial) => {
        for (let i = 0; i < 3; i++) {
          const state = await trial.openState()
          await state.set('key', i)
          assert.equal(await state.get('key'), i)
          await state.close()
        }
      }),
    ],
  )

/** What is written survives closing and opening again, twice. */
function reopening(
  what: string,
  write: (store: AnyStore, trial: Trial) => Promise<(reopened: AnyStore) => Promise<void>>,
): Case {
  return onPlace(`keeps when closed and opened again: ${what}`, async (trial) => {
    const store = await trial.open()
    const check = await write(store, trial)
    await store.close()
    const reopened = await trial.open()
    await reopened.close()
    await check(await trial.open())
  })
}

function killCases(transactions: boolean): readonly Case[] {
  return [
    onPlace('keeps what was acknowledged when its process is killed', async (trial) => {
      const process = await trial.startProcess()
      await process.run('set', { key: 'a', value: { x: 1 } })
      await process.run('set', { key: 'b', value: 'deleted' })
      await process.run('increments', { key: 'n', times: 20 })
      await process.run('delete', { key: 'b' })
      await process.kill()
      const state = await trial.openState()
      assert.deepEqual(await state.getMany(['a', 'b', 'n']), [{ x: 1 }, undefined, 20])
      assertSameKeys(await collect(state.keys()), ['a', 'n'])
    }),
    ...[1, 10, 60].map((count) =>
      onPlace(`loses no write when its process is killed after ${count} or more`, async (trial) => {
        const process = await trial.startProcess()
        void process.run('writesForEver', { prefix: 'key' })
        await process.acknowledged(count)
        await process.kill()
        const acknowledged = process.acknowledgements
        const state = await trial.openState()
        for (let i = 0; i < acknowledged; i++) {
          assert.deepEqual(await state.get(`key${i}`), bigValue(i), `write ${i} of ${acknowledged}`)
        }
        // The one that was under way may be there or not, but nothing else and nothing in part.
        const next = await state.get(`key${acknowledged}`)
        if (next !== undefined) assert.deepEqual(next, bigValue(acknowledged))
        assert.ok((await state.stats()).keys <= acknowledged + 1)
      }),
    ),
    onPlace('has a whole value when its process is killed while it overwrites', async (trial) => {
      let last = 0
      for (let round = 0; round < 3; round++) {
        const process = await trial.startProcess()
        void process.run('overwritesForEver', { key: 'key' })
        await process.acknowledged(20 + round)
        await process.kill()
        last = process.acknowledgements
        const state = await trial.openState()
        const found = await state.get<ReturnType<typeof bigValue>>('key')
        assert.ok(
          found !== undefined && found.i >= last && found.i <= last + 1,
          `write ${found?.i} after ${last} were acknowledged`,
        )
        assert.deepEqual(found, bigValue(found.i))
        assert.deepEqual(await collect(state.keys()), ['key'])
        await state.close()
      }
    }),
    ...either(transactions, [
      onPlace('has applied no transaction in part when its process is killed', async (trial) => {
        const keys = numbered('key', 10)
        for (let round = 0; round < 2; round++) {
          const process = await trial.startProcess()
          void process.run('pairsForEver', { keys })
          await process.acknowledged(20)
          await process.kill()
          const state = await trial.openState()
          const found = await state.getMany<number>(keys)
          assert.ok((found[0] ?? 0) >= process.acknowledgements, 'what was acknowledged is there')
          assert.deepEqual(new Set(found).size, 1, `the values differ: ${found}`)
          await state.close()
        }
      }),
    ]),
    onPlace('can be written to after a process that held it was killed', async (trial) => {
      for (let round = 1; round <= 3; round++) {
        const process = await trial.startProcess()
        await process.run('increments', { key: 'n', times: 10 })
        void process.run('writesForEver', { prefix: `round${round}:` })
        await process.acknowledged(3)
        await process.kill()
        const state = await trial.openState()
        assert.equal(await state.increment('n', 0), round * 10)
        await state.close()
      }
    }),
  ]
}
