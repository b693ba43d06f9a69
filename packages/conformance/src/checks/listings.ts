import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { AnyStore, Entry, ListedEntry, ListOptions } from '@switchyard/core'
import { assertEntry, entryOf } from './entries.ts'

/** All pages of a list in one. */
export async function listAll(store: AnyStore, options?: ListOptions): Promise<ListedEntry[]> {
  const all: ListedEntry[] = []
  for await (const page of store.list(options)) all.push(...page)
  return all
}

export async function listKeys(store: AnyStore, options?: ListOptions): Promise<string[]> {
  return (await listAll(store, { keysOnly: true, ...options })).map(({ key }) => key)
}

/** Everything of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** In UTF-8 byte order, by the bytes. */
export function inByteOrder(keys: Iterable<string>): string[] {
  return [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** The same keys, each once, in any order. */
export function assertSameKeys(found: Iterable<string>, expected: Iterable<string>, what = 'the keys'): void {
  const [actual, wanted] = [inByteOrder(found), inByteOrder(expected)]
  if (isDeepStrictEqual(actual, wanted)) return
  const missing = wanted.filter((key) => !actual.includes(key))
  const unexpected = actual.filter((key, i) => !wanted.includes(key) || actual[i - 1] === key)
  assert.fail(`${what}: ${inspect({ missing, unexpected }, { maxArrayLength: 20 })}`)
}

/** Exactly these entries are in the store, by list, getMany and get. */
export async function assertContent(store: AnyStore, expected: ReadonlyMap<string, Entry>): Promise<void> {
  const listed = await listAll(store)
  assertSameKeys(
    listed.map(({ key }) => key),
    expected.keys(),
    'the keys listed',
  )
  for (const { key, entry } of listed)
    assertEntry(entry, expected.get(key) as Entry, `the listed entry of '${key}'`)
  const keys = [...expected.keys()]
  const many = await store.getMany(keys)
  for (const [i, key] of keys.entries()) {
    assertEntry(many[i], expected.get(key) as Entry, `the entry of '${key}' by getMany`)
    assertEntry(await store.get(key), expected.get(key) as Entry, `the entry of '${key}' by get`)
  }
}

/** Sets an entry with a value of its own for each key. */
export async function fill(store: AnyStore, keys: readonly string[]): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  for (const key of keys) {
    const entry = entryOf(`value of ${key}`)
    entries.set(key, entry)
    await store.set(key, entry)
  }
  return entries
}

/** `prefix000`, `prefix001`, ... */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(3, '0')}`)
}

/** Sets many in a few batches, as one at a time would take long on a disk. */
export async function fillFast(store: AnyStore, keys: readonly string[], expiresAt?: number): Promise<void> {
  for (let i = 0; i < keys.length; i += 500) {
    const operations = keys
      .slice(i, i + 500)
      .map((key) => ({ op: 'set', key, entry: entryOf(`value of ${key}`, expiresAt) }) as const)
    await store.write({ operations })
  }
}
