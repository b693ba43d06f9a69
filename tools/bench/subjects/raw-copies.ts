import { DatabaseSync } from 'node:sqlite'
import { createClient } from 'redis'

export const newClient = (url: string) => createClient({ url })
type Client = ReturnType<typeof newClient>

interface Row {
  readonly key: string
  readonly value: string
}

const PAGE = 1000
/** Entries that one call of a script sets. */
const SCRIPT_PAGE = 500
/** Rows that one statement inserts. */
const ROWS = 32

const SET_ALL = `for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1], 'PX', ARGV[1]) end`

/** A table as one would make it for keys and texts, in the same mode as ours. */
export function rawTable(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 10000;
    CREATE TABLE IF NOT EXISTS entries (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)`)
  return database
}

/** The rows in pages, by the last key. */
function* pages(database: DatabaseSync, size: number): Iterable<readonly Row[]> {
  const page = database.prepare('SELECT key, value FROM entries WHERE key > ? ORDER BY key LIMIT ?')
  for (let after = ''; ; ) {
    const rows = page.all(after, size) as unknown as Row[]
    if (rows.length === 0) return
    yield rows
    after = rows.at(-1)?.key ?? ''
  }
}

/** Writes by MSET, reading the next page meanwhile. */
export async function sqliteToRedis(source: DatabaseSync, target: Client): Promise<void> {
  let writing: Promise<unknown> = Promise.resolve()
  for (const rows of pages(source, PAGE)) {
    await writing
    writing = target.mSet(rows.map(({ key, value }): [string, string] => [key, value]))
  }
  await writing
}

/** The same with an expiry for each entry, by a script. */
export async function sqliteToRedisExpiring(source: DatabaseSync, target: Client): Promise<void> {
  const sha = await target.scriptLoad(SET_ALL)
  let writing: Promise<unknown> = Promise.resolve()
  for (const rows of pages(source, SCRIPT_PAGE)) {
    await writing
    writing = target.evalSha(sha, {
      keys: rows.map(({ key }) => key),
      arguments: ['3600000', ...rows.map(({ value }) => value)],
    })
  }
  await writing
}

async function* scan(source: Client): AsyncIterable<readonly Row[]> {
  for (let cursor = '0'; ; ) {
    const found = await source.scan(cursor, { COUNT: PAGE })
    if (found.keys.length > 0) {
      const values = await source.mGet(found.keys)
      yield found.keys.map((key, index) => ({ key, value: values[index] ?? '' }))
    }
    cursor = found.cursor
    if (cursor === '0') return
  }
}

/** Through a table without an index, from which the rows come in the order of the keys. */
export async function redisToSqlite(source: Client, target: DatabaseSync): Promise<void> {
  target.exec('CREATE TABLE staging (key TEXT NOT NULL, value TEXT NOT NULL)')
  const insert = inserter(target, 'staging')
  for await (const rows of scan(source)) insert(rows)
  target.exec(`BEGIN; INSERT INTO entries SELECT key, value FROM staging ORDER BY key;
    COMMIT; DROP TABLE staging`)
}

export async function redisToMap(source: Client, target: Map<string, string>): Promise<void> {
  for await (const rows of scan(source)) for (const { key, value } of rows) target.set(key, value)
}

export function mapToSqlite(source: ReadonlyMap<string, string>, target: DatabaseSync): void {
  const insert = inserter(target, 'entries')
  let rows: Row[] = []
  for (const [key, value] of source) {
    rows.push({ key, value })
    if (rows.length < PAGE) continue
    insert(rows)
    rows = []
  }
  insert(rows)
}

/** Inserts rows, a page in a transaction. */
function inserter(database: DatabaseSync, table: 'entries' | 'staging'): (rows: readonly Row[]) => void {
  const one = database.prepare(`INSERT INTO ${table} (key, value) VALUES (?, ?)`)
  const places = Array.from({ length: ROWS }, () => '(?, ?)').join(', ')
  const many = database.prepare(`INSERT INTO ${table} (key, value) VALUES ${places}`)
  return (rows) => {
    database.exec('BEGIN')
    let i = 0
    for (; i + ROWS <= rows.length; i += ROWS) {
      many.run(...rows.slice(i, i + ROWS).flatMap(({ key, value }) => [key, value]))
    }
    for (const { key, value } of rows.slice(i)) one.run(key, value)
    database.exec('COMMIT')
  }
}
