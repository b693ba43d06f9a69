import assert from 'node:assert/strict'
import { copy, type Entry, type ListedEntry } from '@switchyard/core'
import { type Area, onStore } from '../area.ts'
import { entryOf } from '../checks/entries.ts'
import { assertContent, fill, numbered } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'
import { HOSTILE_KEYS } from '../hostile-keys.ts'

/** What moves between stores: entries as they are, in whatever order the other store tells them. */
export const copies: Area = ({ exactClock }) => [
  onStore('takes over entries in no order, with their versions and expiries', async (store, { clock }) => {
    const later = exactClock ? clock.now() + clock.ttlMs * 1000 : Date.now() + 3_600_000
    const entries = new Map(
      numbered('key', 700).map((key, i) => [
        key,
        entryOf(`value of ${key}`, i % 3 === 0 ? later + i : undefined),
      ]),
    )
    assert.equal(await copy(sourceOf(scattered(entries), 90), store), 700)
    await assertContent(store, entries)
  }),
  onStore('takes over keys of every kind, and values of every byte', async (store) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const keys = [...new Set(Object.values(HOSTILE_KEYS).flat())]
    const entries = new Map(keys.map((key, i) => [key, entryOf(bytes.subarray(i % 256))]))
    await copy(sourceOf([...entries], 50), store)
    await assertContent(store, entries)
  }),
  onStore('takes over what replaces entries, and leaves the others', async (store) => {
    const kept = await fill(store, numbered('kept', 5))
    await fill(store, numbered('key', 20))
    const entries = new Map(numbered('key', 20).map((key) => [key, entryOf(`another ${key}`)]))
    await copy(sourceOf(scattered(entries), 7), store)
    await assertContent(store, new Map([...kept, ...entries]))
  }),
  onStore('takes over nothing', async (store) => {
    assert.equal(await copy(sourceOf([], 10), store), 0)
    await assertContent(store, new Map())
  }),
  onStore('fails with what the other store fails with, and nothing comes after', async (store) => {
    const entries = [...new Map(numbered('key', 40).map((key) => [key, entryOf(key)]))]
    async function* failing(): AsyncIterable<readonly ListedEntry[]> {
      yield* pagesOf(entries, 10)
      throw new Error('the source has failed')
    }
    await assert.rejects(copy({ list: failing, getMany: async () => [] }, store), /the source has failed/)
    // What is written after the failure is not overwritten by what was still to come.
    const mine = await fill(
      store,
      entries.map(([key]) => key),
    )
    await assertContent(store, mine)
  }),
  onStore('refuses a key that is none, in the middle of others', async (store) => {
    await assertRejects(
      copy(
        sourceOf(
          [
            ['a', entryOf('a')],
            ['', entryOf('b')],
          ],
          10,
        ),
        store,
      ),
      'INVALID_KEY',
    )
  }),
]

function sourceOf(entries: readonly (readonly [string, Entry])[], limit: number): Parameters<typeof copy>[0] {
  return { list: () => pagesOf(entries, limit), getMany: async () => [] }
}

async function* pagesOf(
  entries: readonly (readonly [string, Entry])[],
  limit: number,
): AsyncGenerator<readonly ListedEntry[]> {
  for (let from = 0; from < entries.length; from += limit) {
    yield entries.slice(from, from + limit).map(([key, entry]) => ({ key, entry }))
  }
}

/** Neighbours are far apart. */
function scattered(entries: ReadonlyMap<string, Entry>): readonly (readonly [string, Entry])[] {
  const all = [...entries]
  return all.map((_, i) => all[(i * 37) % all.length] as readonly [string, Entry])
}
