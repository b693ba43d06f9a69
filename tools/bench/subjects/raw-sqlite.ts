import { DatabaseSync } from 'node:sqlite'
import { createState } from '@switchyard/core'
import { sqlite } from '@switchyard/sqlite'
import type { Subject } from './subject.ts'

const UPSERT = `INSERT INTO entries (key, value, version, expires_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET
  value = excluded.value, version = excluded.version, expires_at = excluded.expires_at`
const COLUMNS = 'key, value, version, expires_at'

export interface RawOptions {
  readonly synchronous: 'NORMAL' | 'FULL'
  /** All sets of a turn of the event loop in one transaction. Default: each its own. */
  readonly groupCommit?: boolean
}

/** Prepared statements on the table of @switchyard/sqlite, with its pragmas; JSON in and out as there. */
export async function rawSqlite(path: string, options: RawOptions): Promise<Subject> {
  const database = await open(path, options.synchronous)
  const one = database.prepare(`SELECT ${COLUMNS} FROM entries WHERE key = ?`)
  const many = database.prepare(
    `SELECT ${COLUMNS} FROM entries WHERE key IN (SELECT value FROM json_each(?))`,
  )
  const all = database.prepare(`SELECT ${COLUMNS} FROM entries ORDER BY key`)
  const within = database.prepare('SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key')
  const upsert = database.prepare(UPSERT)
  let version = 0

  function put(key: string, value: object): void {
    upsert.run(key, Buffer.from(JSON.stringify(value)), `raw-version-raw-${(version++).toString(36)}`, null)
  }

  function putAll(puts: readonly (() => void)[]): void {
    database.exec('BEGIN IMMEDIATE')
    for (const one of puts) one()
    database.exec('COMMIT')
  }

  return {
    get: async (key) => decode(one.get(key)),
    set: options.groupCommit === true ? grouped(put, putAll) : async (key, value) => put(key, value),
    async getMany(keys) {
      const found = new Map(many.all(JSON.stringify(keys)).map((row) => [row['key'], decode(row)]))
      return keys.map((key) => found.get(key))
    },
    setMany: async (items) =>
      putAll(
        items.map(
          ({ key, value }) =>
            () =>
              put(key, value),
        ),
      ),
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

/** The same file, made by the package itself. */
async function open(path: string, synchronous: string): Promise<DatabaseSync> {
  const state = await createState({ backends: { sqlite: sqlite({ path }) } })
  await state.close()
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = 10000`)
  return database
}

function decode(row: Record<string, unknown> | undefined): unknown {
  return row === undefined ? undefined : JSON.parse(Buffer.from(row['value'] as Uint8Array).toString())
}

function grouped(
  put: (key: string, value: object) => void,
  putAll: (puts: readonly (() => void)[]) => void,
): Subject['set'] {
  let puts: (() => void)[] = []
  let committed: Promise<void> | undefined
  const commit = (resolve: () => void): void => {
    const group = puts
    puts = []
    committed = undefined
    putAll(group)
    resolve()
  }
  return (key, value) => {
    puts.push(() => put(key, value))
    committed ??= new Promise((resolve) => setImmediate(commit, resolve))
    return committed
  }
}
