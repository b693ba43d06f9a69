import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AnyStore, copy, digest, openStore } from '@switchyard/core'
import { expect, it, onTestFinished } from 'vitest'
import { sqlite } from '../src/index.ts'

async function emptyStore(): Promise<AnyStore> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-sqlite-'))
  const store = await openStore(sqlite({ path: join(folder, 'state.db') }))
  onTestFinished(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })
  return store
}

/** More than are sorted at once, so that runs meet. */
const COUNT = 45_000

it('imports many more entries than it sorts at once, in no order', async () => {
  const pages = Array.from({ length: COUNT / 500 }, (_, page) =>
    Array.from({ length: 500 }, (_, i) => {
      const n = ((page * 500 + i) * 7919) % COUNT
      return { key: `key ${n}`, entry: { value: Buffer.from(`value ${n}`), version: `version ${n}` } }
    }),
  )
  const source = {
    async *list() {
      yield* pages
    },
    getMany: async () => [],
  }
  const [imported, written] = [await emptyStore(), await emptyStore()]
  expect(await copy(source, imported)).toBe(COUNT)
  for (const page of pages) {
    await written.write({ operations: page.map((one) => ({ op: 'set', ...one })) })
  }
  expect((await imported.stats()).keys).toBe(COUNT)
  expect(await digest(imported)).toBe(await digest(written))
})

it('takes values together that are too large to be kept in numbers', async () => {
  const store = await emptyStore()
  const value = Buffer.alloc(3_000_000, 'x')
  const source = {
    async *list() {
      for (let i = 9; i >= 0; i--) yield [{ key: `key ${i}`, entry: { value, version: `version ${i}` } }]
    },
    getMany: async () => [],
  }
  expect(await copy(source, store)).toBe(10)
  expect((await store.getMany(['key 0', 'key 9'])).map((entry) => entry?.value.byteLength)).toEqual([
    3_000_000, 3_000_000,
  ])
})

it('answers others while it imports', async () => {
  const store = await emptyStore()
  await store.set('mine', { value: Buffer.from('1'), version: 'a' })
  let answered = 0
  const source = {
    async *list() {
      for (let page = 0; page < 60; page++) {
        expect((await store.get('mine'))?.version).toBe('a')
        answered++
        yield Array.from({ length: 500 }, (_, i) => ({
          key: `key ${page} ${i}`,
          entry: { value: Buffer.from('x'), version: `version ${page} ${i}` },
        }))
      }
    },
    getMany: async () => [],
  }
  await copy(source, store)
  expect(answered).toBe(60)
})
