import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { createState, openStore, type State } from '@switchyard/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const withCode = (code: string) => expect.objectContaining({ code })

async function open(path: string): Promise<State> {
  const state = await createState({ backends: { file: sqlite({ path }) }, cleanupInterval: false })
  onTestFinished(() => state.close())
  return state
}

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
    const state = await open(path)
    await state.set('a', 1)
    await state.close()
    expect(existsSync(path)).toBe(true)
    expect(existsSync(`${path}-wal`)).toBe(false)
    expect(await (await open(path)).get('a')).toBe(1)
  })

  test('of the first schema is migrated and keeps its data', async () => {
    const path = join(temporaryFolder(), 'old.db')
    const old = new DatabaseSync(path)
    old.exec(`
      CREATE TABLE entries (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, version TEXT NOT NULL, expires_at INTEGER);
      INSERT INTO entries VALUES ('a', CAST('42' AS BLOB), 'v1', NULL);
      PRAGMA application_id = ${0x53575944}; PRAGMA user_version = 1;
    `)
    old.close()
    const state = await open(path)
    expect(await state.getEntry('a')).toEqual({ value: 42, version: 'v1' })
    await state.close()
    const migrated = new DatabaseSync(path)
    expect(migrated.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
    expect(
      migrated.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").all(),
    ).toEqual([{ name: 'entries_expires_at' }])
    migrated.close()
  })

  test.each([
    [
      'of a newer schema',
      `PRAGMA application_id = ${0x53575944}; PRAGMA user_version = 99; CREATE TABLE x (y)`,
    ],
    ["of another program's", 'CREATE TABLE theirs (a)'],
    ['with the mark of another program', 'PRAGMA application_id = 7; CREATE TABLE theirs (a)'],
  ])('%s is INCOMPATIBLE, and left alone', async (_, sql) => {
    const path = join(temporaryFolder(), 'other.db')
    const other = new DatabaseSync(path)
    other.exec(sql)
    other.close()
    await expect(openStore(sqlite({ path }))).rejects.toEqual(withCode('INCOMPATIBLE'))
    const after = new DatabaseSync(path)
    expect(
      after.prepare("SELECT count(*) AS tables FROM sqlite_schema WHERE name = 'entries'").get(),
    ).toEqual({ tables: 0 })
    after.close()
  })

  test('that is no database is CORRUPT, and left alone', async () => {
    const path = join(temporaryFolder(), 'text.db')
    const text = 'this is a text and not a database\n'.repeat(200)
    writeFileSync(path, text)
    await expect(openStore(sqlite({ path }))).rejects.toEqual(withCode('CORRUPT'))
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  test('whose pages are damaged is CORRUPT where they are read', async () => {
    const path = join(temporaryFolder(), 'damaged.db')
    const state = await open(path)
    await state.setMany(Array.from({ length: 2000 }, (_, i) => ({ key: `key${i}`, value: 'x'.repeat(100) })))
    await state.close()
    const bytes = readFileSync(path)
    // The first page stays whole: the file can be opened.
    for (let page = 1; page < bytes.length / 4096; page++) bytes.fill(0xff, page * 4096, page * 4096 + 64)
    writeFileSync(path, bytes)
    const store = await openStore(sqlite({ path }))
    onTestFinished(() => store.close())
    await expect((async () => store.get('key7'))()).rejects.toEqual(withCode('CORRUPT'))
    await expect(
      (async () => store.set('key7', { value: new Uint8Array(1), version: 'v' }))(),
    ).rejects.toEqual(withCode('CORRUPT'))
  })

  test('that is a folder is UNAVAILABLE and says which', async () => {
    const path = temporaryFolder()
    await expect(openStore(sqlite({ path }))).rejects.toEqual(withCode('UNAVAILABLE'))
    await expect(openStore(sqlite({ path }))).rejects.toThrow(path)
  })

  test('that may not be written to is READ_ONLY', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'state.db')
    const state = await open(path)
    await state.set('a', 1)
    await state.close()
    chmodSync(path, 0o444)
    chmodSync(folder, 0o555)
    onTestFinished(() => chmodSync(folder, 0o755))
    // Root may write to everything, so it becomes nobody in a process of its own.
    expect(inProcess('open-as-nobody.ts', path)).toContain('READ_ONLY')
  })

  test('on a full disk gives FULL, and keeps all that was acknowledged', async () => {
    const folder = join(temporaryFolder(), 'small')
    mkdirSync(folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder])
    onTestFinished(() => void execFileSync('umount', ['-l', folder]))
    const path = join(folder, 'state.db')
    const state = await open(path)
    const acknowledged: string[] = []
    const fillUp = async (): Promise<void> => {
      for (let i = 0; ; i++) {
        await state.set(`key${i}`, 'x'.repeat(10_000))
        acknowledged.push(`key${i}`)
      }
    }
    await expect(fillUp()).rejects.toEqual(withCode('FULL'))
    expect(acknowledged.length).toBeGreaterThan(10)
    expect((await state.getMany(acknowledged)).every((value) => value === 'x'.repeat(10_000))).toBe(true)
    // It goes on when there is room again.
    await state.deleteMany(acknowledged.slice(0, 50)).catch(() => undefined)
    await state.close()
    const again = await open(path)
    expect(await again.get(acknowledged.at(-1) as string)).toBe('x'.repeat(10_000))
  })
})

describe('health', () => {
  test('is good, until the file is removed or replaced', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'state.db')
    const state = await open(path)
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

test('optimize gives the room of deleted entries back, and keeps the others', async () => {
  const state = await open(join(temporaryFolder(), 'state.db'))
  await state.setMany(Array.from({ length: 3000 }, (_, i) => ({ key: `key${i}`, value: 'x'.repeat(1000) })))
  await state.clear({ prefix: 'key1' })
  const { bytesBefore, bytesAfter } = await state.optimize()
  expect(bytesAfter).toBeLessThan(bytesBefore * 0.8)
  expect(await state.get('key2')).toBe('x'.repeat(1000))
  expect((await state.stats()).keys).toBe(3000 - 1111)
})

test('stats count more keys than one step does', async () => {
  const state = await open(join(temporaryFolder(), 'state.db'))
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
  const value = new Uint8Array(1_000_000)
  for (let i = 0; i < 12; i++) await store.set(`key${i}`, { value, version: 'v' })
  const pages = await Array.fromAsync(store.list())
  expect(pages.length).toBeGreaterThan(2)
  expect(pages.flat()).toHaveLength(12)
})

function inProcess(script: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    encoding: 'utf8',
  })
}
