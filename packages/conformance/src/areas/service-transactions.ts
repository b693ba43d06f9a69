import assert from 'node:assert/strict'
import type { Check, Operation, WriteBatch } from '@switchyard/core'
import { type Area, type Case, either, onPlace, onState } from '../area.ts'
import { entryOf } from '../checks/entries.ts'
import { assertConflict, assertRejects } from '../checks/rejections.ts'
import { spyOn } from '../spy.ts'

/** Transactions of the service. */
export const serviceTransactions: Area = ({ transactions }) =>
  either(transactions, serviceCases(), refusedCases())

function serviceCases(): readonly Case[] {
  return [
    onState('tells versions, sums and what was deleted', async (state) => {
      await state.set('b', 1)
      const { results } = await state.transaction({
        operations: [
          { op: 'set', key: 'a', value: { x: 1 }, ttl: '1h' },
          { op: 'delete', key: 'b' },
          { op: 'increment', key: 'c' },
        ],
      })
      const [a, c] = await state.getManyEntries(['a', 'c'])
      assert.deepEqual(results, [
        { op: 'set', version: a?.version, expiresAt: a?.expiresAt },
        { op: 'delete', deleted: true },
        { op: 'increment', value: 1, version: c?.version },
      ])
    }),
    onState('sees to it that what was read has not changed', async (state) => {
      const { version } = await state.set('account', 10)
      const withdraw = {
        operations: [{ op: 'increment', key: 'account', by: -10 }],
        checks: [{ key: 'account', version }],
      } as const
      const order = { op: 'set', key: 'order', value: 'paid' } as const
      await state.transaction({ ...withdraw, operations: [...withdraw.operations, order] })
      await assertConflict(
        state.transaction({ ...withdraw, operations: [...withdraw.operations, order] }),
        'account',
      )
      assert.deepEqual(await state.getMany(['account', 'order']), [0, 'paid'])
    }),
    onState('writes nothing if one value cannot be kept', async (state) => {
      const operations = [
        { op: 'set', key: 'a', value: 1 },
        { op: 'set', key: 'b', value: Number.NaN },
      ] as const
      await assertRejects(state.transaction({ operations }), 'NOT_SERIALIZABLE')
      assert.equal(await state.has('a'), false)
    }),
  ]
}

function refusedCases(): readonly Case[] {
  const set = (key: string): Operation => ({ op: 'set', key, entry: entryOf(key) })
  const check: Check = { key: 'b', version: null }
  return [
    ...Object.entries<WriteBatch>({
      'two operations': { operations: [set('a'), set('b')], atomic: true },
      'two operations on one key': { operations: [set('a'), set('a')], atomic: true },
      'an operation and a check': { operations: [set('a')], checks: [check], atomic: true },
      'two checks': { operations: [], checks: [check, { key: 'c', version: null }], atomic: true },
    }).map(([name, batch]) =>
      onPlace(`refuses before any I/O, as it has no transactions: ${name}`, async (trial) => {
        const { store, calls } = await spyOn(trial)
        await assertRejects(store.write(batch), 'NOT_SUPPORTED')
        assert.deepEqual(calls, [])
      }),
    ),
    onState('refuses a transaction in the service, and writes nothing', async (state) => {
      const operations = [
        { op: 'set', key: 'a', value: 1 },
        { op: 'increment', key: 'b' },
      ] as const
      await assertRejects(state.transaction({ operations }), 'NOT_SUPPORTED')
      assert.deepEqual(await state.getMany(['a', 'b']), [undefined, undefined])
    }),
  ]
}
