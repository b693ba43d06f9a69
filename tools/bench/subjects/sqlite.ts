import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KeyvSqlite } from '@keyv/sqlite'
import { createState } from '@switchyard/core'
import { sqlite } from '@switchyard/sqlite'
import { Keyv } from 'keyv'
import type { Subject } from './subject.ts'

const UPSERT = `INSERT INTO entries (key, value, version, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
  value = excluded.value, version = excluded.version, expires_at = excluded.expires_at`

export async function sqliteSubjects(folder: string): Promise<ReadonlyMap<string, Subject>> {
  const keyv = new Keyv({ store: new KeyvSqlite({ uri: `sqlite://${join(folder, 'keyv.db')}`, wal: true }) })
  return new Map<string, Subject>([
    ['raw node:sqlite', await raw(join(folder, 'raw.db'), 'NORMAL')],
    ['@switchyard/sqlite', await switchyard(join(folder, 'switchyard.db'), 'normal')],
    [
      '@keyv/sqlite 6 beta, WAL',
      {
        get: (key) => keyv.get(key),
        set: (key, value) => keyv.set(key, value),
        getMany: (keys) => keyv.get(keys),
        setMany: (entries) => keyv.setMany(entries),
        close: () => keyv.disconnect(),
      },
    ],
  ])
}

/** Where each write is on the disk before it is acknowledged. */
export async function durableSubjects(folder: string): Promise<ReadonlyMap<string, Subject>> {
  return new Map<string, Subject>([
    ['raw node:sqlite FULL, a transaction each', await raw(join(folder, 'raw-full.db'), 'FULL')],
    ["@switchyard/sqlite, durability 'full'", await switchyard(join(folder, 'switchyard-full.db'), 'full')],
  ])
}

/** Prepared statements on the table of @switchyard/sqlite, with its pragmas; JSON in and out as there. */
async function raw(path: string, synchronous: 'NORMAL' | 'FULL'): Promise<Subject> {
  // The same file, made by the package itself.
  await (await switchyard(path, 'normal')).close?.()
  const database = new DatabaseSync(path)
  database.exec(
    `PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = 10000; PRAGMA mmap_size = 268435456`,
  )
  const get = database.prepare('SELECT value, version, expires_at FROM entries WHERE key = ?')
  const put = database.prepare(UPSERT)
  const all = database.prepare('SELECT key, value, version, expires_at FROM entries ORDER BY key')
  const within = database.prepare('SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key')
  const many = database.prepare(
    'SELECT key, value FROM entries WHERE key IN (SELECT value FROM json_each(?))',
  )
  let version = 0
  const decode = (row: Record<string, unknown> | undefined): unknown =>
    row === undefined ? undefined : JSON.parse(Buffer.from(row['value'] as Uint8Array).toString())
  const set = (key: string, value: unknown): void => {
    put.run(key, Buffer.from(JSON.stringify(value)), `raw-version-${version++}`, null)
  }
  return {
    get: async (key) => decode(get.get(key)),
    set: async (key, value) => set(key, value),
    getMany: async (keys) => many.all(JSON.stringify(keys)).map(decode),
    async setMany(entries) {
      database.exec('BEGIN')
      for (const { key, value } of entries) set(key, value)
      database.exec('COMMIT')
    },
    async scan() {
      let count = 0
      for (const row of all.iterate()) {
        decode(row)
        count++
      }
      return count
    },
    list: async (prefix) => within.all(prefix, `${prefix}\u{10ffff}`).length,
    close: () => database.close(),
  }
}

async function switchyard(path: string, durability: 'normal' | 'full'): Promise<Subject> {
  const state = await createState({
    backends: { sqlite: sqlite({ path, durability }) },
    cleanupInterval: false,
  })
  return {
    get: (key) => state.get(key),
    set: (key, value) => state.set(key, value),
    getMany: (keys) => state.getMany(keys),
    setMany: (entries) => state.setMany(entries),
    async scan() {
      let count = 0
      for await (const _ of state.entries()) count++
      return count
    },
    list: async (prefix) => (await state.keys({ prefix }).page()).items.length,
    close: () => state.close(),
  }
}
