import assert from 'node:assert/strict'
import { type Area, type Case, either, onPlace } from '../area.ts'
import { assertSameKeys, numbered } from '../checks/listings.ts'

/** Checks and increments of several processes at once. */
export const exactness: Area = ({ shared, atomicity, transactions }) =>
  either(shared && atomicity === 'store', exactCases(transactions))

function exactCases(transactions: boolean): readonly Case[] {
  return [
    onPlace('counts increments of two processes exactly', async (trial) => {
      const state = await trial.openState()
      const others = await Promise.all([trial.startProcess(), trial.startProcess()])
      await Promise.all(others.map((process) => process.run('increments', { key: 'n', times: 150 })))
      assert.equal(await state.get('n'), 300)
    }),
    onPlace('counts updates of two processes exactly', async (trial) => {
      const state = await trial.openState()
      const others = await Promise.all([trial.startProcess(), trial.startProcess()])
      await Promise.all(others.map((process) => process.run('updates', { key: 'n', times: 100 })))
      assert.equal(await state.get('n'), 200)
    }),
    onPlace('lets one of two processes create each key', async (trial) => {
      const keys = numbered('key', 100)
      const others = await Promise.all([trial.startProcess(), trial.startProcess()])
      const created = await Promise.all(
        others.map((process, i) => process.run('creations', { keys, by: `process ${i}` })),
      )
      assertSameKeys(created.flat(), keys, 'the keys created by either')
      const state = await trial.openState()
      for (const [i, mine] of created.entries()) {
        for (const key of mine) assert.equal(await state.get(key), `process ${i}`)
      }
    }),
    onPlace('gives each value to one of two processes that take them', async (trial) => {
      const state = await trial.openState()
      const keys = numbered('key', 100)
      await state.setMany(keys.map((key) => ({ key, value: key })))
      const others = await Promise.all([trial.startProcess(), trial.startProcess()])
      const taken = await Promise.all(others.map((process) => process.run('takes', { keys })))
      assertSameKeys(taken.flat(), keys, 'the values taken by either')
      assert.equal((await state.stats()).keys, 0)
    }),
    ...either(transactions, [
      onPlace('keeps the sum of accounts between which two processes move money', async (trial) => {
        const state = await trial.openState()
        await state.setMany([
          { key: 'a', value: 500 },
          { key: 'b', value: 500 },
        ])
        const [one, other] = await Promise.all([trial.startProcess(), trial.startProcess()])
        await Promise.all([
          one.run('transfers', { from: 'a', to: 'b', times: 60 }),
          other.run('transfers', { from: 'b', to: 'a', times: 50 }),
        ])
        assert.deepEqual(await state.getMany(['a', 'b']), [490, 510])
      }),
    ]),
  ]
}
