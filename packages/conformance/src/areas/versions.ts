import assert from 'node:assert/strict'
import type { Area } from '../area.ts'
import { onState, onStore } from '../area.ts'
import { assertAbsent, assertEntry, entryOf } from '../checks/entries.ts'
import { listAll } from '../checks/listings.ts'
import { assertConflict, assertRejects } from '../checks/rejections.ts'

const OPAQUE = [
  '0',
  '1',
  '01',
  '1.0',
  '10',
  'A',
  'a',
  'é',
  'e\u0301',
  '💡',
  'a b',
  ' a ',
  'a:b|c,d;"e"\'f\'',
  '\n',
  'null',
]

export const versions: Area = () => [
  onStore('keeps versions exactly as they are given', async (store) => {
    for (const version of [...OPAQUE, 'v'.repeat(200)]) {
      await store.set('key', { value: Buffer.from('value'), version })
      assert.equal((await store.get('key'))?.version, version)
      assert.equal((await store.getMany(['key']))[0]?.version, version)
      assert.equal((await listAll(store))[0]?.entry?.version, version)
    }
  }),
  onStore('compares versions as a whole, exactly', async (store) => {
    for (const version of OPAQUE) {
      await store.set('key', { value: Buffer.from('value'), version })
      for (const other of OPAQUE.filter((one) => one !== version)) {
        await assertConflict(store.set('key', entryOf('other'), { ifVersion: other }), 'key')
      }
      await store.set('key', { value: Buffer.from('value'), version }, { ifVersion: version })
    }
    await store.set('key', { value: Buffer.from('value'), version: 'version1' })
    for (const ifVersion of ['version', 'version11', 'VERSION1', 'version1 ', '%', '*']) {
      await assertConflict(store.set('key', entryOf('other'), { ifVersion }), 'key')
    }
  }),
  onStore('replaces the version with each set', async (store) => {
    for (let i = 0; i < 3; i++) {
      const entry = entryOf('the same value')
      await store.set('key', entry)
      assertEntry(await store.get('key'), entry)
    }
  }),
  onStore('keeps the versions given to batches', async (store) => {
    const entry = entryOf('a')
    await store.write({
      operations: [
        { op: 'set', key: 'a', entry },
        { op: 'increment', key: 'b', by: 2, version: 'version of b' },
      ],
    })
    assertEntry(await store.get('a'), entry)
    assertEntry(await store.get('b'), { value: Buffer.from('2'), version: 'version of b' })
  }),
  onStore('sets if the version is the expected one', async (store) => {
    const [first, second, third] = [entryOf('1'), entryOf('2'), entryOf('3')]
    await store.set('key', first)
    await store.set('key', second, { ifVersion: first.version })
    await store.set('key', third, { ifVersion: second.version })
    assertEntry(await store.get('key'), third)
  }),
  onStore('changes nothing if the version is another', async (store, { clock }) => {
    const entry = entryOf('kept', clock.now() + clock.ttlMs)
    await store.set('key', entry)
    await assertConflict(store.set('key', entryOf('lost'), { ifVersion: 'another' }), 'key')
    assertEntry(await store.get('key'), entry)
  }),
  onStore('lets no one win twice with the same version', async (store) => {
    const [first, second] = [entryOf('1'), entryOf('2')]
    await store.set('key', first)
    await store.set('key', second, { ifVersion: first.version })
    await assertConflict(store.set('key', entryOf('3'), { ifVersion: first.version }), 'key')
    assertEntry(await store.get('key'), second)
  }),
  onStore('creates nothing if a version is expected of an absent key', async (store) => {
    await assertConflict(store.set('key', entryOf('lost'), { ifVersion: 'some' }), 'key')
    assertAbsent(await store.get('key'))
    assert.deepEqual(await listAll(store), [])
  }),
  onStore('creates only what is absent with ifVersion: null', async (store) => {
    const entry = entryOf('first')
    await store.set('key', entry, { ifVersion: null })
    await assertConflict(store.set('key', entryOf('second'), { ifVersion: null }), 'key')
    assertEntry(await store.get('key'), entry)
    await store.delete('key')
    const again = entryOf('third')
    await store.set('key', again, { ifVersion: null })
    assertEntry(await store.get('key'), again)
  }),
  onStore('deletes if the version is the expected one', async (store) => {
    const entry = entryOf('value')
    await store.set('key', entry)
    assert.equal(await store.delete('key', { ifVersion: entry.version }), true)
    assertAbsent(await store.get('key'))
  }),
  onStore('deletes nothing if the version is another', async (store) => {
    const entry = entryOf('value')
    await store.set('key', entry)
    await assertConflict(store.delete('key', { ifVersion: 'another' }), 'key')
    assertEntry(await store.get('key'), entry)
  }),
  onStore('refuses to delete what is absent if a version is expected', async (store) => {
    await assertConflict(store.delete('key', { ifVersion: 'some' }), 'key')
  }),
  onStore('tells whether a live entry was deleted', async (store) => {
    assert.equal(await store.delete('key'), false)
    await store.set('key', entryOf('value'))
    assert.equal(await store.delete('key'), true)
    assert.equal(await store.delete('key'), false)
  }),
  onStore('knows a version from before a deletion for stale', async (store) => {
    const [before, after] = [entryOf('the same'), entryOf('the same')]
    await store.set('key', before)
    await store.delete('key')
    await assertConflict(store.set('key', entryOf('lost'), { ifVersion: before.version }), 'key')
    await store.set('key', after)
    await assertConflict(store.set('key', entryOf('lost'), { ifVersion: before.version }), 'key')
    await assertConflict(store.delete('key', { ifVersion: before.version }), 'key')
    assertEntry(await store.get('key'), after)
  }),
  onState('tells the version that it wrote', async (state) => {
    const { version } = await state.set('key', 1)
    assert.equal((await state.getEntry('key'))?.version, version)
    assert.equal((await state.getManyEntries(['key']))[0]?.version, version)
  }),
  onState('gives every write a version of its own', async (state) => {
    const seen = new Set<string | undefined>()
    const changes = [
      () => state.set('key', 1),
      () => state.set('key', 1),
      () => state.update('key', () => 1),
      () => state.touch('key', '1h'),
      () => state.persist('key'),
      () => state.increment('key', 0),
      () => state.setMany([{ key: 'key', value: 1 }]),
      async () => [await state.delete('key'), await state.set('key', 1)],
    ]
    for (const change of changes) {
      await change()
      seen.add((await state.getEntry('key'))?.version)
    }
    assert.equal(seen.size, changes.length)
    assert.ok(!seen.has(undefined))
  }),
  onState('takes ifVersion and ifAbsent in the service', async (state) => {
    const { version } = await state.set('key', 1, { ifAbsent: true })
    await assertConflict(state.set('key', 2, { ifAbsent: true }), 'key')
    const second = await state.set('key', 3, { ifVersion: version })
    await assertConflict(state.set('key', 4, { ifVersion: version }), 'key')
    await assertConflict(state.delete('key', { ifVersion: version }), 'key')
    assert.equal(await state.get('key'), 3)
    assert.equal(await state.delete('key', { ifVersion: second.version }), true)
    await assertConflict(state.delete('key', { ifVersion: second.version }), 'key')
  }),
  onState('refuses options that exclude each other', async (state) => {
    await assertRejects(state.set('key', 1, { ifAbsent: true, ifVersion: 'v' }), 'INVALID_OPTIONS')
    await assertRejects(state.set('key', 1, { keepTtl: true, ttl: 1000 }), 'INVALID_OPTIONS')
    assert.equal(await state.has('key'), false)
  }),
]
