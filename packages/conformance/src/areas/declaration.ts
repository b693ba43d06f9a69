import assert from 'node:assert/strict'
import { type Area, onPlace, onStore } from '../area.ts'

const METHODS = ['get', 'getMany', 'list', 'set', 'delete', 'write', 'stats', 'cleanup', 'close'] as const

/** The plugin and the shape of its store. */
export const declaration: Area = ({ watch, optimize }) => [
  onPlace('opens a store of the one shape, with exactly what is declared', async (trial) => {
    const store = await trial.open()
    for (const method of METHODS) assert.equal(typeof store[method], 'function', `${method}()`)
    assert.equal(typeof store.watch === 'function', watch, 'watch() is there exactly if declared')
    assert.equal(typeof store.optimize === 'function', optimize, 'optimize() is there exactly if declared')
  }),
  onPlace('declares the same each time it is created', async (trial) => {
    const [one, other] = [await trial.backend(), await trial.backend()]
    assert.equal(one.plugin.name, other.plugin.name)
    assert.deepEqual(one.plugin.capabilities, other.plugin.capabilities)
  }),
  onPlace('can be created without being opened', async (trial) => {
    const { plugin } = await trial.backend()
    assert.ok(plugin.name.length > 0)
  }),
  onPlace('has capabilities that nobody can change', async (trial) => {
    const { capabilities } = (await trial.backend()).plugin
    assert.ok(Object.isFrozen(capabilities), 'definePlugin() freezes them')
  }),
  onStore('starts empty', async (store) => {
    for await (const page of store.list()) assert.deepEqual(page, [])
    assert.equal((await store.stats()).keys, 0)
  }),
]
