import assert from 'node:assert/strict'
import type { AnyStore } from '@switchyard/core'
import { type Area, type Case, either, onPlace } from '../area.ts'
import { assertAbsent, entryOf } from '../checks/entries.ts'
import { assertContent, assertSameKeys, fill, fillFast, listKeys, numbered } from '../checks/listings.ts'
import { assertConflict } from '../checks/rejections.ts'
import { allHostileKeys } from '../hostile-keys.ts'
import type { Trial } from '../trial.ts'

export const durability: Area = ({ durable, transactions, maxKeyBytes, maxValueBytes, exactClock }) =>
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
        const entry = entryOf(Buffer.alloc(Math.min(1024 * 1024, maxValueBytes), 'switchyard'))
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
