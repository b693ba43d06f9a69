import assert from 'node:assert/strict'
import type { AnyStore } from '@switchyard/core'
import { type Area, either, onStore } from '../area.ts'
import { assertAbsent, assertEntry, entryOf } from '../checks/entries.ts'
import { listAll, listKeys } from '../checks/listings.ts'

const YEAR_MS = 365 * 86_400_000

/** Ways in which a store can show that an entry of 'key' is live; each answers whether it is. */
const SIGNS: Readonly<Record<string, (store: AnyStore) => Promise<boolean>>> = {
  get: async (store) => (await store.get('key')) !== undefined,
  getMany: async (store) => (await store.getMany(['other', 'key']))[1] !== undefined,
  list: async (store) => (await listAll(store)).some(({ key }) => key === 'key'),
  'list of keys only': async (store) => (await listKeys(store)).includes('key'),
  'list of its prefix': async (store) => (await listKeys(store, { prefix: 'key' })).length === 1,
  'the number of keys in stats': async (store) => (await store.stats()).keys === 1,
}

export const ttl: Area = ({ exactClock }) => [
  ...Object.entries(SIGNS).map(([name, isLive]) =>
    onStore(`ends at expiresAt and not before, as seen by ${name}`, async (store, { clock }) => {
      await store.set('key', entryOf('value', clock.now() + clock.ttlMs))
      assert.equal(await isLive(store), true, 'at first')
      await clock.advance(exactClock ? clock.ttlMs - 1 : clock.ttlMs / 3)
      assert.equal(await isLive(store), true, 'before expiresAt')
      await clock.advance(exactClock ? 1 : clock.ttlMs)
      assert.equal(await isLive(store), false, 'at expiresAt')
      await clock.advance(clock.ttlMs / 2)
      assert.equal(await isLive(store), false, 'after expiresAt')
    }),
  ),
  onStore('gives back the instant that it was given', async (store, { clock }) => {
    for (const ms of [1000, 12_345, 86_400_000, 400 * 86_400_000]) {
      const entry = entryOf('value', clock.now() + clock.ttlMs + ms)
      await store.set('key', entry)
      assertEntry(await store.get('key'), entry)
      assertEntry((await store.getMany(['key']))[0], entry)
      assertEntry((await listAll(store))[0]?.entry, entry)
    }
  }),
  onStore('does not move the instant while time goes by', async (store, { clock }) => {
    const entry = entryOf('value', clock.now() + clock.ttlMs)
    await store.set('key', entry)
    for (let i = 0; i < 5; i++) {
      await clock.advance(clock.ttlMs / 10)
      assertEntry(await store.get('key'), entry)
      assertEntry((await listAll(store))[0]?.entry, entry)
    }
  }),
  onStore('keeps an entry without an expiry', async (store, { clock }) => {
    const entry = entryOf('value')
    await store.set('key', entry)
    await clock.advance(exactClock ? 100 * YEAR_MS : clock.ttlMs)
    assertEntry(await store.get('key'), entry)
  }),
  onStore('keeps an entry whose expiry is years away', async (store, { clock }) => {
    const entries = [30 * 86_400_000, YEAR_MS, 10 * YEAR_MS, 200 * YEAR_MS].map((ms) =>
      entryOf('value', clock.now() + ms),
    )
    for (const [i, entry] of entries.entries()) await store.set(`key${i}`, entry)
    // Long enough for a timer that has overflown.
    await new Promise((resolve) => setTimeout(resolve, 30))
    await store.cleanup()
    for (const [i, entry] of entries.entries()) assertEntry(await store.get(`key${i}`), entry)
  }),
  ...either(exactClock, [
    onStore('keeps an entry for ten years, and ends it then', async (store, { clock }) => {
      await store.set('key', entryOf('value', clock.now() + 10 * YEAR_MS))
      for (let year = 1; year <= 10; year++) {
        assert.ok((await store.get('key')) !== undefined, `in year ${year}`)
        await clock.advance(YEAR_MS)
      }
      assertAbsent(await store.get('key'))
    }),
    onStore('takes the last instant that a Date can hold', async (store) => {
      const entry = entryOf('value', 8.64e15)
      await store.set('key', entry)
      assertEntry(await store.get('key'), entry)
    }),
    onStore('takes an instant of each millisecond', async (store, { clock }) => {
      for (let ms = 1; ms <= 20; ms++) await store.set(`key${ms}`, entryOf('value', clock.now() + ms))
      for (let ms = 1; ms <= 20; ms++) {
        await clock.advance(1)
        assert.equal((await listKeys(store)).length, 20 - ms, `keys after ${ms} ms`)
      }
    }),
  ]),
  onStore('ends each entry at its own time', async (store, { clock }) => {
    await store.set('short', entryOf('value', clock.now() + clock.ttlMs))
    await store.set('long', entryOf('value', clock.now() + clock.ttlMs * 1000))
    await store.set('for ever', entryOf('value'))
    await clock.advance(clock.ttlMs)
    assert.deepEqual((await listKeys(store)).sort(), ['for ever', 'long'])
    const found = await store.getMany(['short', 'long', 'for ever'])
    assert.deepEqual(
      found.map((entry) => entry !== undefined),
      [false, true, true],
    )
  }),
  onStore('ends the earlier expiry when set without one', async (store, { clock }) => {
    await store.set('key', entryOf('first', clock.now() + clock.ttlMs))
    const entry = entryOf('second')
    await store.set('key', entry)
    assertEntry(await store.get('key'), entry)
    await clock.advance(clock.ttlMs)
    assertEntry(await store.get('key'), entry)
  }),
  onStore('ends the earlier expiry when set without one in a batch', async (store, { clock }) => {
    await store.set('key', entryOf('first', clock.now() + clock.ttlMs))
    const entry = entryOf('second')
    await store.write({ operations: [{ op: 'set', key: 'key', entry }] })
    await clock.advance(clock.ttlMs)
    assertEntry(await store.get('key'), entry)
  }),
  onStore('takes a longer and a shorter expiry', async (store, { clock }) => {
    await store.set('longer', entryOf('value', clock.now() + clock.ttlMs / 2))
    await store.set('shorter', entryOf('value', clock.now() + clock.ttlMs * 1000))
    const longer = entryOf('value', clock.now() + clock.ttlMs * 1000)
    await store.set('longer', longer)
    await store.set('shorter', entryOf('value', clock.now() + clock.ttlMs / 2))
    await clock.advance(clock.ttlMs)
    assertEntry(await store.get('longer'), longer)
    assertAbsent(await store.get('shorter'))
  }),
  onStore('ends entries that were set in a batch', async (store, { clock }) => {
    const operations = ['a', 'b'].map(
      (key) => ({ op: 'set', key, entry: entryOf(key, clock.now() + clock.ttlMs) }) as const,
    )
    await store.write({ operations: [...operations, { op: 'set', key: 'c', entry: entryOf('c') }] })
    await clock.advance(clock.ttlMs)
    assert.deepEqual(await listKeys(store), ['c'])
  }),
  onStore('hides what had expired when it was set, and what it replaced', async (store, { clock }) => {
    await store.set('key', entryOf('live'))
    await store.set('key', entryOf('dead', clock.now() - 1000))
    await store.set('new', entryOf('dead', clock.now() - 1000))
    assert.deepEqual(await store.getMany(['key', 'new']), [undefined, undefined])
    assert.deepEqual(await listKeys(store), [])
  }),
]
