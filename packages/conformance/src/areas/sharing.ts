import assert from 'node:assert/strict'
import { type Area, type Case, either, onPlace } from '../area.ts'
import { entryOf } from '../checks/entries.ts'
import { assertSameKeys, collect, numbered } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'

/** Several openings at once: what is shared is one, what is not is refused or apart. */
export const sharing: Area = ({ shared, durable }) =>
  either(shared, sharedCases(), either(durable, lockedCases(), separateCases()))

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
