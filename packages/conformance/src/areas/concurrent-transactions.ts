import assert from 'node:assert/strict'
import { type Area, type Case, either, onState } from '../area.ts'
import { numbered } from '../checks/listings.ts'
import { countFulfilled } from '../checks/rejections.ts'
import { times } from '../checks/times.ts'

/** Transactions that meet each other. */
export const concurrentTransactions: Area = ({ transactions }) => either(transactions, transactionCases())

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
