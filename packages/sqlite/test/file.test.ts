import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { openStore } from '@switchyard/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

const withCode = (code: string) => expect.objectContaining({ code })

describe('the options', () => {
  test.each<[string, object]>([
    ['path', {}],
    ['path', { path: '' }],
    ['@switchyard/memory', { path: ':memory:' }],
    ['durability', { path: 'x', durability: 'max' }],
    ['allowed: path, durability, busyTimeoutMs', { path: 'x', pth: 'y' }],
    ['busyTimeoutMs', { path: 'x', busyTimeoutMs: -1 }],
  ])('are refused with a word on %s', (word, options) => {
    expect(() => sqlite(options as never)).toThrow(withCode('INVALID_OPTIONS'))
    expect(() => sqlite(options as never)).toThrow(word)
  })
})

describe('a file', () => {
  test('is made with its folders, and is one file again after the last close', async () => {
    const path = join(temporaryFolder(), 'deep', 'er', 'state.db')
    const state = await openState(path)
    await state.set('a', 1)
    await state.close()
    expect(existsSync(path)).toBe(true)
    expect(existsSync(`${path}-wal`)).toBe(false)
    expect(await (await openState(path)).get('a')).toBe(1)
  })

  test('of the first schema is migrated and keeps its data', async () => {
    const path = join(temporaryFolder(), 'old.db')
    const old = new DatabaseSync(path)
    old.exec(`
      CREATE TABLE entries (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, version TEXT NOT NULL, expires_at INTEGER);
      INSERT INTO entries VALUES ('a', CAST('42' AS BLOB), 'v1', NULL), ('t', CAST('43' AS BLOB), 'v2', 9000000000000);
      PRAGMA application_id = ${0x53575944}; PRAGMA user_version = 1;
    `)
    old.close()
    const state = await openState(path)
    expect(await state.getEntry('a')).toEqual({ value: 42, version: 'v1' })
    expect(await state.getEntry('t')).toEqual({ value: 43, version: 'v2', expiresAt: 9_000_000_000_000 })
    await state.close()
    const migrated = new DatabaseSync(path)
    expect(migrated.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
    expect(
      migrated.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").all(),
    ).toEqual([{ name: 'entries_expires_at' }])
    migrated.close()
  })

  test('that is no database is CORRUPT, and left alone', async () => {
    const path = join(temporaryFolder(), 'text.db')
    const text = 'this is a text and not a database\n'.repeat(200)
    writeFileSync(path, text)
    await expect(openStore(sqlite({ path }))).rejects.toEqual(withCode('CORRUPT'))
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  test('that is a folder is UNAVAILABLE and says which', async () => {
    const path = temporaryFolder()
    await expect(openStore(sqlite({ path }))).rejects.toEqual(withCode('UNAVAILABLE'))
    await expect(openStore(sqlite({ path }))).rejects.toThrow(path)
  })

  test.each([
    ['that may not be written to', 0o444, 0o555],
    ['that may not be written to, in a folder that may,', 0o444, 0o777],
    ['in a folder that may not be written to', 0o666, 0o555],
  ])('%s is READ_ONLY, and keeps its data', async (_, fileMode, folderMode) => {
    const folder = join(temporaryFolder(), 'theirs')
    const path = join(folder, 'state.db')
    const state = await openState(path)
    await state.set('a', 1)
    await state.close()
    chmodSync(dirname(folder), 0o755)
    chmodSync(path, fileMode)
    chmodSync(folder, folderMode)
    onTestFinished(() => chmodSync(folder, 0o755))
    expect(openAsNobody(path)).toBe('READ_ONLY')
    chmodSync(folder, 0o755)
    chmodSync(path, 0o644)
    expect(await (await openState(path)).get('a')).toBe(1)
  })

  test('that cannot be made in its folder is UNAVAILABLE', () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o555)
    onTestFinished(() => chmodSync(folder, 0o755))
    expect(openAsNobody(join(folder, 'state.db'))).toBe('UNAVAILABLE')
  })
})

describe('health', () => {
  test('is good, until the file is removed or replaced', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'state.db')
    const state = await openState(path)
    expect(await state.backends.health()).toMatchObject({ healthy: true, detail: { path } })
    renameSync(path, join(folder, 'moved.db'))
    expect(await state.backends.health()).toMatchObject({
      healthy: false,
      reason: expect.stringContaining('removed'),
    })
    writeFileSync(path, 'another')
    expect(await state.backends.health()).toMatchObject({
      healthy: false,
      reason: expect.stringContaining('replaced'),
    })
    rmSync(path)
  })
})

describe('optimize', () => {
  test('gives the room of deleted entries back, and keeps the others', async () => {
    const state = await openState(join(temporaryFolder(), 'state.db'))
    await state.setMany(Array.from({ length: 3000 }, (_, i) => ({ key: `key${i}`, value: 'x'.repeat(1000) })))
    await state.clear({ prefix: 'key1' })
    const { bytesBefore, bytesAfter } = await state.optimize()
    expect(bytesAfter).toBeLessThan(bytesBefore * 0.8)
    expect(await state.get('key2')).toBe('x'.repeat(1000))
    expect((await state.stats()).keys).toBe(3000 - 1111)
  })

  test('makes the file on the disk smaller at once', async () => {
    const path = join(temporaryFolder(), 'state.db')
    const state = await openState(path)
    for (let i = 0; i < 5; i++) {
      const keys = Array.from({ length: 1000 }, (_, j) => `key${i}-${j}`)
      await state.setMany(keys.map((key) => ({ key, value: 'x'.repeat(4000) })))
    }
    await state.clear()
    const onDisk = (): number => statSync(path).size + statSync(`${path}-wal`).size
    const before = onDisk()
    const { bytesAfter } = await state.optimize()
    expect(bytesAfter).toBeLessThan(1_000_000)
    expect(onDisk()).toBeLessThan(before / 2)
  })

  test('loses nothing of what is written meanwhile', async () => {
    const state = await openState(join(temporaryFolder(), 'state.db'))
    await state.setMany(Array.from({ length: 3000 }, (_, i) => ({ key: `old${i}`, value: 'x'.repeat(4000) })))
    await state.clear()
    let optimized = false
    const optimizing = state.optimize().then(() => {
      optimized = true
    })
    const written: number[] = []
    for (let i = 0; !optimized || i < 100; i++) {
      await state.set(`new${i}`, i)
      written.push(i)
    }
    await optimizing
    expect(await state.getMany(written.map((i) => `new${i}`))).toEqual(written)
  })
})

test('stats count more keys than one step does', async () => {
  const state = await openState(join(temporaryFolder(), 'state.db'))
  for (let i = 0; i < 50; i++) {
    await state.setMany(Array.from({ length: 1000 }, (_, j) => ({ key: `key${i}-${j}`, value: 1 })))
  }
  await state.set('gone', 1, { ttl: 1 })
  while (await state.has('gone')) await new Promise(setImmediate)
  expect(await state.stats()).toMatchObject({ keys: 50_000, expired: 1 })
  // A listing of keys hides what has expired, with an index or without.
  expect((await state.keys({ prefix: 'g' }).page()).items).toEqual([])
})

test('a page of a listing is bounded by bytes as well', async () => {
  const store = await openStore(sqlite({ path: join(temporaryFolder(), 'state.db') }))
  onTestFinished(() => store.close())
  const value = new Uint8Array(1_048_576)
  for (let i = 0; i < 20; i++) await store.set(`key${i}`, { value, version: 'v' })
  const pages = await Array.fromAsync(store.list())
  expect(pages.length).toBeGreaterThan(2)
  for (const page of pages) expect(page.length).toBeLessThan(10)
  expect(pages.flat()).toHaveLength(20)
})

/** Root may write to everything, so a process of its own becomes nobody; the code of what it fails with. */
function openAsNobody(path: string): string {
  const script = fileURLToPath(new URL('open-as-nobody.ts', import.meta.url))
  return execFileSync(process.execPath, ['--no-warnings', script, path], { encoding: 'utf8' }).trim()
}
