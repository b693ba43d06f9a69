import assert from 'node:assert/strict'
import { type Area, onState } from '../area.ts'
import { assertSameKeys, collect, numbered } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'

const NAMES = ['a', 'ab', 'A', '%', 'a%', '*', '__proto__', '..', '../x', 'é', 'e\u0301', '💡', "'", ' ']

export const namespaces: Area = ({ maxKeyBytes }) => [
  onState('keeps the keys of namespaces apart', async (state) => {
    for (const name of NAMES) await state.namespace(name).set('key', name)
    for (const name of NAMES) {
      const namespace = state.namespace(name)
      assert.equal(await namespace.get('key'), name)
      assert.deepEqual(await collect(namespace.keys()), ['key'])
      assert.deepEqual(
        (await namespace.entries().page()).items.map(({ value }) => value),
        [name],
      )
    }
    assertSameKeys(
      await collect(state.keys()),
      NAMES.map((name) => `${name}:key`),
    )
  }),
  onState('clears one namespace and no other', async (state) => {
    for (const name of NAMES)
      await state.namespace(name).setMany(['x', 'y'].map((key) => ({ key, value: 1 })))
    for (const [i, name] of NAMES.entries()) {
      assert.equal(await state.namespace(name).clear(), 2, `cleared in '${name}'`)
      assert.equal((await state.stats()).keys, 2 * (NAMES.length - i - 1))
    }
  }),
  onState('nests namespaces, and the outer sees all', async (state) => {
    const inner = state.namespace('a').namespace('b')
    await inner.set('key', 1)
    assert.equal(await state.get('a:b:key'), 1)
    assert.deepEqual(await collect(state.namespace('a').keys()), ['b:key'])
    await state.namespace('a').delete('b:key')
    assert.equal(await inner.has('key'), false)
  }),
  onState('has every operation within a namespace', async (state) => {
    const inner = state.namespace<number>('inner')
    const { version } = await inner.set('a', 1, { ifAbsent: true })
    await inner.set('a', 2, { ifVersion: version, ttl: '1h' })
    assert.equal(await inner.increment('a', 3), 5)
    assert.equal(await inner.update('a', (n = 0) => n * 2), 10)
    assert.equal(await inner.persist('a'), true)
    assert.equal(await inner.touch('a', '1h'), true)
    assert.deepEqual(await inner.getMany(['a', 'b']), [10, undefined])
    assert.equal((await inner.getEntry('a'))?.value, 10)
    assert.equal(await inner.take('a'), 10)
    await inner.setMany([
      { key: 'b', value: 1 },
      { key: 'c', value: 2 },
    ])
    assert.equal(await inner.deleteMany(['b', 'c', 'd']), 2)
    assert.deepEqual(await collect(state.keys()), [])
  }),
  onState('goes through a namespace by cursor', async (state) => {
    const inner = state.namespace<string>('inner')
    const keys = numbered('key', 7)
    await inner.setMany(keys.map((key) => ({ key, value: key })))
    await state.setMany(['inner', 'inner;', 'innes', 'a'].map((key) => ({ key, value: key })))
    const first = await inner.keys({ limit: 3 }).page()
    assert.deepEqual(first, { items: keys.slice(0, 3), cursor: 'key002' })
    assert.deepEqual(await inner.keys({ cursor: 'key002' }).page(), { items: keys.slice(3) })
    assert.deepEqual((await inner.keys({ prefix: 'key00', limit: 10 }).page()).items, keys)
  }),
  onState('counts the namespace into the length of a key', async (state) => {
    const inner = state.namespace('inner')
    const longest = 'k'.repeat(maxKeyBytes - 'inner:'.length)
    await inner.set(longest, 1)
    assert.equal(await inner.get(longest), 1)
    assert.deepEqual(await collect(inner.keys()), [longest])
    await assertRejects(inner.set(`${longest}k`, 1), 'INVALID_KEY')
    await assertRejects(inner.set('', 1), 'INVALID_KEY')
  }),
  onState('refuses names that would run into others', async (state) => {
    for (const name of ['', ':', 'a:', 'a:b']) {
      assert.throws(() => state.namespace(name), { code: 'INVALID_OPTIONS' }, `'${name}'`)
    }
  }),
]
