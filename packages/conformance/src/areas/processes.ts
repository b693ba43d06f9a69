import assert from 'node:assert/strict'
import { type Area, type Case, either, onPlace } from '../area.ts'
import { entryOf } from '../checks/entries.ts'
import { assertSameKeys, collect, numbered } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'
import { withDeadline } from '../deadline.ts'
import type { Trial } from '../trial.ts'

/** What a process may take to close its store and to exit by itself. */
const EXIT_MS = 8000

export const processes: Area = ({ shared, durable, atomicity, transactions }) => [
  onPlace('lets a process that only opens and closes it exit', async (trial) => {
    await assertExits(trial, async () => undefined)
  }),
  onPlace('lets a process that has read and written exit', async (trial) => {
    await assertExits(trial, async (process) => {
      await process.run('set', { key: 'a', value: 1 })
      await process.run('increments', { key: 'n', times: 10 })
      assert.equal(await process.run('get', { key: 'a' }), 1)
    })
  }),
  onPlace('lets a process exit that closes it with writes in flight', async (trial) => {
    await assertExits(trial, async (process) => {
      void process.run('updates', { key: 'n', times: 5 })
      void process.run('increments', { key: 'm', times: 50 })
    })
  }),
  ...either(shared, sharedCases(), either(durable, lockedCases(), separateCases())),
  ...either(shared && atomicity === 'store', exactCases(transactions)),
]

async function assertExits(
  trial: Trial,
  use: (process: Awaited<ReturnType<Trial['startProcess']>>) => Promise<void>,
): Promise<void> {
  const process = await trial.startProcess()
  await use(process)
  const limitMs = Math.min(EXIT_MS, trial.timeoutMs / 2)
  await withDeadline(process.closeAndExit(), limitMs, 'The process did not close its store and exit')
}

function sharedCases(): readonly Case[] {
  return [
    onPlace('is opened twice by one process, with one content', async (trial) => {
      const [first, second] = [await trial.openState(), await trial.openState()]
      const { version } = await first.set('key', 1)
      assert.equal((await second.getEntry('key'))?.version, version)
      await second.delete('key')
      assert.equal(await first.has('key'), false)
      await first.close()
      await second.set('key', 2)
      assert.equal(await second.get('key'), 2)
    }),
    onPlace('shows one process what another has written', async (trial) => {
      const state = await trial.openState()
      const process = await trial.startProcess()
      await state.set('a', { x: 1 }, { ttl: '1h' })
      assert.deepEqual(await process.run('getEntry', { key: 'a' }), await state.getEntry('a'))
      const version = await process.run('set', { key: 'b', value: 'theirs' })
      assert.deepEqual(await state.getEntry('b'), { value: 'theirs', version })
      assertSameKeys(await collect(state.keys()), ['a', 'b'])
      assert.deepEqual(await process.run('keys', { prefix: '' }), ['a', 'b'])
      assert.equal(await process.run('delete', { key: 'a' }), true)
      assert.equal(await state.get('a'), undefined)
    }),
    onPlace('goes on when another process that had it open is killed', async (trial) => {
      const state = await trial.openState()
      const process = await trial.startProcess()
      void process.run('writesForEver', { prefix: 'theirs' })
      await process.acknowledged(10)
      await process.kill()
      await state.set('mine', 1)
      assert.equal(await state.get('mine'), 1)
      assert.equal(await state.increment('n'), 1)
      assert.ok((await state.keys({ prefix: 'theirs' }).page()).items.length >= process.acknowledgements)
    }),
    onPlace('keeps all that two processes write at once', async (trial) => {
      const state = await trial.openState()
      const process = await trial.startProcess()
      const [created] = await Promise.all([
        process.run('creations', { keys: numbered('theirs', 50), by: 'them' }),
        ...numbered('mine', 50).map((key) => state.set(key, 'me')),
      ])
      assert.equal(created.length, 50)
      assert.equal((await collect(state.keys())).length, 100)
    }),
  ]
}

/** Durable, and for one process at a time. */
function lockedCases(): readonly Case[] {
  return [
    onPlace('refuses to be opened twice by one process, with LOCKED', async (trial) => {
      const store = await trial.open()
      await assertRejects(trial.open(), 'LOCKED', 'the second opening')
      const entry = entryOf('value')
      await store.set('key', entry)
      await store.close()
      assert.equal((await (await trial.open()).get('key'))?.version, entry.version)
    }),
    onPlace('refuses to be opened by a second process, with LOCKED', async (trial) => {
      const state = await trial.openState()
      await assertRejects(trial.startProcess(), 'LOCKED', 'opening in another process')
      await state.set('key', 1)
      await state.close()
      const process = await trial.startProcess()
      assert.equal(await process.run('get', { key: 'key' }), 1)
      await assertRejects(trial.open(), 'LOCKED', 'opening what another process holds')
    }),
    onPlace('can be opened when the process that held it was killed', async (trial) => {
      const process = await trial.startProcess()
      await process.run('set', { key: 'key', value: 1 })
      await process.kill()
      assert.equal(await (await trial.openState()).get('key'), 1)
    }),
  ]
}

/** Neither durable nor shared: each opening has a store of its own. */
function separateCases(): readonly Case[] {
  return [
    onPlace('shares nothing with a second opening, or refuses it', async (trial) => {
      const state = await trial.openState()
      const [second] = await Promise.allSettled([trial.openState()])
      if (second.status === 'rejected') {
        await assertRejects(Promise.reject(second.reason), 'LOCKED')
        return
      }
      await state.set('key', 'first')
      assert.equal(await second.value.get('key'), undefined)
      await second.value.set('key', 'second')
      assert.equal(await state.get('key'), 'first')
      await second.value.close()
      assert.equal(await state.get('key'), 'first')
    }),
    onPlace('shares nothing with another process, or refuses it', async (trial) => {
      const state = await trial.openState()
      await state.set('key', 'first')
      const [process] = await Promise.allSettled([trial.startProcess()])
      if (process.status === 'rejected') await assertRejects(Promise.reject(process.reason), 'LOCKED')
      else assert.equal(await process.value.run('get', { key: 'key' }), null)
    }),
  ]
}

/** Atomic among all processes. */
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
