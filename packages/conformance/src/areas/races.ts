import assert from 'node:assert/strict'
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import type { Entry } from '@switchyard/core'
import { type Area, onState, onStore } from '../area.ts'
import { assertEntry, entryOf } from '../checks/entries.ts'
import { assertContent, fillFast, listKeys, numbered } from '../checks/listings.ts'
import { times } from '../checks/times.ts'

/** Writes that meet reads, expiries and cleanups of the same keys. */
export const races: Area = ({ maxValueBytes }) => [
  onStore('keeps every one of 300 keys that are set at once', async (store) => {
    const entries = new Map(numbered('key', 300).map((key) => [key, entryOf(`value of ${key}`)]))
    await Promise.all([...entries].map(([key, entry]) => store.set(key, entry)))
    await assertContent(store, entries)
  }),
  onStore('shows whole values while one key is overwritten', async (store) => {
    const bytes = Math.min(50_000, maxValueBytes)
    const filled = (i: number): Entry => entryOf(Buffer.alloc(bytes, 97 + (i % 26)))
    await store.set('key', filled(0))
    let isWriting = true
    async function write(): Promise<void> {
      for (let i = 1; i <= 50; i++) await store.set('key', filled(i))
      isWriting = false
    }
    async function read(): Promise<void> {
      while (isWriting) {
        const value = (await store.get('key'))?.value ?? assert.fail('the key went away')
        assert.ok(value.byteLength === bytes && value.every((byte) => byte === value[0]), 'a value in parts')
        await immediate()
      }
    }
    await Promise.all([write(), read(), read()])
  }),
  onStore('holds what one of many writers wrote, and then what the next one does', async (store) => {
    const entries = times(50, (i) => entryOf(`write ${i}`))
    await Promise.all(entries.map((entry) => store.set('key', entry)))
    const found = await store.get('key')
    assert.ok(
      entries.some(({ version }) => version === found?.version),
      'it holds what one of them wrote',
    )
    const last = entryOf('last')
    await store.set('key', last)
    assertEntry(await store.get('key'), last)
  }),
  onStore('never cleans up a newer write', async (store, { clock }) => {
    const keys = numbered('key', 100)
    await fillFast(store, keys, clock.now() + clock.ttlMs)
    await clock.advance(clock.ttlMs)
    const entries = new Map(keys.map((key) => [key, entryOf(`new value of ${key}`)]))
    const sets = [...entries].map(async ([key, entry], i) => {
      if (i % 2 === 0) await sleep(0)
      await store.set(key, entry)
    })
    await Promise.all([store.cleanup(), store.cleanup(), ...sets, store.cleanup()])
    await assertContent(store, entries)
  }),
  onStore('never loses a write to those who find the key expired', async (store, { clock }) => {
    const keys = numbered('key', 50)
    await fillFast(store, keys, clock.now() + clock.ttlMs)
    await clock.advance(clock.ttlMs)
    const entries = new Map(keys.map((key) => [key, entryOf(`new value of ${key}`)]))
    const reads = keys.map(async (key) => store.get(key))
    const more = [store.getMany(keys), listKeys(store), store.stats()]
    const sets = [...entries].map(async ([key, entry]) => store.set(key, entry))
    await Promise.all([...reads, ...more, ...sets])
    await sleep(5)
    await assertContent(store, entries)
  }),
  onStore('never cleans up what is written while the removed are told', async (store, { clock }) => {
    await fillFast(store, numbered('key', 20), clock.now() + clock.ttlMs)
    await clock.advance(clock.ttlMs)
    const entry = entryOf('new')
    const writes: Promise<void>[] = []
    await store.cleanup({
      onRemoved: (keys) => void writes.push(...keys.map(async (key) => store.set(key, entry))),
    })
    await Promise.all(writes)
    assert.equal((await store.stats()).keys, writes.length)
  }),
  onState('counts exactly while expired entries are cleaned up', async (state, { clock }) => {
    await state.set('key', 1000, { ttl: clock.ttlMs })
    await clock.advance(clock.ttlMs)
    await Promise.all(times(50, async (i) => (i % 5 === 0 ? state.cleanup() : state.increment('key'))))
    assert.equal(await state.get('key'), 40)
  }),
]
