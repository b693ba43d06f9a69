import assert from 'node:assert/strict'
import { type Area, type Case, either, onPlace } from '../area.ts'
import { assertSameKeys, collect, numbered } from '../checks/listings.ts'
import { bigValue } from '../process-tasks.ts'

/** Processes that are killed. */
export const suddenEnd: Area = ({ durable, transactions }) => either(durable, killCases(transactions))

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
