import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isStateError, openStore, type StateStore } from '@switchyard/core'
import { expect, onTestFinished, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PAGE = 4096
const KEYS = 1500

const key = (i: number): string => `key${String(i).padStart(4, '0')}`
const value = (i: number): string => `${i}:`.padEnd(100, 'x')
const entry = { value: new Uint8Array(1), version: 'v' }

/** A file of small values, so that every page is part of a tree or of SQLite's own accounting. */
async function fileOfPages(): Promise<string> {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path)
  for (let from = 0; from < KEYS; from += 500) {
    await state.setMany(
      Array.from({ length: 500 }, (_, i) => ({ key: key(from + i), value: value(from + i) })),
    )
  }
  await state.close()
  return path
}

async function codeOf(call: () => unknown): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (!isStateError(error)) throw error
    return error.code
  }
}

async function openDamaged(path: string, bytes: Buffer): Promise<StateStore> {
  writeFileSync(path, bytes)
  const store = await openStore(sqlite({ path }))
  onTestFinished(() => store.close())
  return store
}

test('damage to the mark of the file is CORRUPT, wherever it is in it', async () => {
  const path = await fileOfPages()
  const whole = readFileSync(path)
  for (let offset = 0; offset < 16; offset++) {
    const bytes = Buffer.from(whole)
    bytes[offset] = (bytes[offset] as number) ^ 0x41
    writeFileSync(path, bytes)
    expect(await codeOf(() => openStore(sqlite({ path })))).toBe('CORRUPT')
  }
})

test('damage to the kind of one page gives CORRUPT or the right value, never another value', async () => {
  const path = await fileOfPages()
  const whole = readFileSync(path)
  const pages = whole.length / PAGE
  expect(pages).toBeGreaterThan(50)
  let damaged = 0
  for (let round = 0; round < 100; round++) {
    const bytes = Buffer.from(whole)
    // Never the first page, which has the schema. 2, 5, 10 and 13 are the kinds that there are.
    const page = 1 + ((round * 7) % (pages - 1))
    bytes[page * PAGE] = [0, 1, 3, 4, 6, 9, 14, 0x55, 0x80, 0xff][round % 10] as number
    const store = await openDamaged(path, bytes)
    for (let i = 0; i < KEYS; i += 11) {
      let found: string | undefined
      const code = await codeOf(async () => {
        found = Buffer.from((await store.get(key(i)))?.value ?? []).toString()
      })
      if (code === undefined) expect(found).toBe(JSON.stringify(value(i)))
      else expect(code).toBe('CORRUPT')
      if (code !== undefined) damaged++
    }
    await store.close()
  }
  expect(damaged).toBeGreaterThan(100)
})

test('every operation that meets a damaged page is CORRUPT', async () => {
  const path = await fileOfPages()
  const bytes = readFileSync(path)
  for (let page = 1; page < bytes.length / PAGE; page++) bytes.fill(0xff, page * PAGE, page * PAGE + 64)
  const store = await openDamaged(path, bytes)
  const set = (name: string) => ({ op: 'set', key: name, entry }) as const
  const operations = [set(key(1)), set(key(2))]
  const codes = {
    get: await codeOf(() => store.get(key(7))),
    getMany: await codeOf(() => store.getMany([key(7), key(8)])),
    list: await codeOf(() => Array.fromAsync(store.list())),
    set: await codeOf(() => store.set(key(7), entry)),
    setIf: await codeOf(() => store.set(key(7), entry, { ifVersion: null })),
    delete: await codeOf(() => store.delete(key(7))),
    batch: await codeOf(() => store.write({ operations })),
    transaction: await codeOf(() => store.write({ operations, atomic: true })),
    stats: await codeOf(() => store.stats()),
  }
  expect(codes).toEqual(Object.fromEntries(Object.keys(codes).map((name) => [name, 'CORRUPT'])))
})

test('a file that was cut off is CORRUPT where something is missing, and no value is made up', async () => {
  const path = await fileOfPages()
  truncateSync(path, Math.floor(statSync(path).size / 2 / PAGE) * PAGE)
  const outcomes = new Set<string | undefined>()
  const opening = await codeOf(async () => {
    const store = await openStore(sqlite({ path }))
    onTestFinished(() => store.close())
    for (let i = 0; i < KEYS; i += 7) {
      const code = await codeOf(async () => {
        const found = Buffer.from((await store.get(key(i)))?.value ?? []).toString()
        expect(found).toBe(JSON.stringify(value(i)))
      })
      outcomes.add(code)
    }
  })
  outcomes.add(opening)
  expect(outcomes).toContain('CORRUPT')
  outcomes.delete('CORRUPT')
  outcomes.delete(undefined)
  expect([...outcomes]).toEqual([])
})
