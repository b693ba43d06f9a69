import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Check, Entry, ListedEntry, ListOptions } from '@switchyard/core'

/** The SQL of the store: every method is one or a few statements, to be run inside a transaction. */
export interface Statements {
  get(key: string, now: number): Entry | undefined
  getMany(keys: readonly string[], now: number): (Entry | undefined)[]
  put(key: string, entry: Entry): void
  putMany(sets: readonly { readonly key: string; readonly entry: Entry }[]): void
  /** Puts it if the check holds; whether it did. */
  putIf(check: Check, entry: Entry, now: number): boolean
  /** Whether a live entry was there. */
  delete(key: string, now: number): boolean
  /** For each key, whether a live entry was there. */
  deleteMany(keys: readonly string[], now: number): boolean[]
  deleteIf(key: string, version: string, now: number): boolean
  page(options: ListOptions, now: number): ListedEntry[]
  /** Removes up to `limit` expired entries; their keys. */
  deleteExpired(now: number, limit: number): string[]
  countExpired(now: number): number
  /** Counts up to `limit` keys after `after`; the last of them. */
  countKeys(after: string, limit: number): { readonly count: number; readonly last: string | null }
}

/** What the statements that read entries give: rows as arrays, which are made faster than objects. */
type EntryRow = readonly [value: Uint8Array, version: string, expiresAt: number | null]
type NoEntryRow = readonly [value: null, version: null, expiresAt: null]
type ListedRow = readonly [key: string, ...EntryRow]
type DeletedRow = Readonly<Record<'expires_at', number | null>>

/** Entries that one statement puts. */
const ROWS = 32
/** Bytes of values after which a page of a listing ends. */
const PAGE_BYTES = 4_194_304

const UPSERT = `ON CONFLICT (key) DO UPDATE SET
  value = excluded.value, version = excluded.version, expires_at = excluded.expires_at`
const ANY_EXPIRED = 'SELECT 1 FROM entries WHERE expires_at <= ? LIMIT 1'
const LIVE = '(expires_at IS NULL OR expires_at > :now)'

export function createStatements(database: DatabaseSync): Statements {
  const prepared = new Map<string, StatementSync>()
  const get = asArrays(database.prepare('SELECT value, version, expires_at FROM entries WHERE key = ?'))
  const put = database.prepare(
    `INSERT INTO entries (key, value, version, expires_at) VALUES (?, ?, ?, ?) ${UPSERT}`,
  )
  const rows = Array.from({ length: ROWS }, () => '(?, ?, ?, ?)').join(', ')
  const putRows = database.prepare(
    `INSERT INTO entries (key, value, version, expires_at) VALUES ${rows} ${UPSERT}`,
  )

  /** For statements that not every program needs. */
  function statement(sql: string): StatementSync {
    let found = prepared.get(sql)
    if (found === undefined) {
      found = database.prepare(sql)
      prepared.set(sql, found)
    }
    return found
  }

  function putOne(key: string, { value, version, expiresAt = null }: ToStore): void {
    put.run(key, value, version, expiresAt)
  }

  function wasLive(row: DeletedRow | undefined, now: number): boolean {
    return row !== undefined && isLive(row.expires_at, now)
  }

  return {
    get(key, now) {
      const row = get.get(key) as unknown as EntryRow | undefined
      return row !== undefined && isLive(row[2], now) ? entryOf(...row) : undefined
    },
    getMany(keys, now) {
      const sql = `SELECT entries.value, version, expires_at FROM json_each(?) AS wanted
        LEFT JOIN entries ON entries.key = wanted.value ORDER BY wanted.id`
      const found = asArrays(statement(sql)).all(JSON.stringify(keys)) as unknown as (EntryRow | NoEntryRow)[]
      return found.map(([value, version, expiresAt]) =>
        version !== null && isLive(expiresAt, now) ? entryOf(value, version, expiresAt) : undefined,
      )
    },
    put: putOne,
    putMany(sets) {
      let i = 0
      for (; i + ROWS <= sets.length; i += ROWS) {
        const values = sets
          .slice(i, i + ROWS)
          .flatMap(({ key, entry }) => [key, entry.value, entry.version, entry.expiresAt ?? null])
        putRows.run(...values)
      }
      for (const { key, entry } of sets.slice(i)) putOne(key, entry)
    },
    putIf({ key, version }, { value, version: newVersion, expiresAt = null }, now) {
      const sql =
        version === null
          ? `INSERT INTO entries (key, value, version, expires_at) VALUES (:key, :value, :newVersion, :expiresAt)
             ${UPSERT} WHERE entries.expires_at <= :now`
          : `UPDATE entries SET value = :value, version = :newVersion, expires_at = :expiresAt
             WHERE key = :key AND version = :version AND ${LIVE}`
      const condition = version === null ? {} : { version }
      return Number(statement(sql).run({ key, value, newVersion, expiresAt, now, ...condition }).changes) > 0
    },
    delete(key, now) {
      const sql = 'DELETE FROM entries WHERE key = ? RETURNING expires_at'
      return wasLive(statement(sql).get(key) as unknown as DeletedRow | undefined, now)
    },
    deleteMany(keys, now) {
      const sql =
        'DELETE FROM entries WHERE key IN (SELECT value FROM json_each(?)) RETURNING key, expires_at'
      const found = statement(sql).all(JSON.stringify(keys)) as unknown as (DeletedRow & {
        readonly key: string
      })[]
      const deleted = new Set(found.filter((row) => wasLive(row, now)).map((row) => row.key))
      // A key that stands twice was there the first time only.
      return keys.map((key) => deleted.delete(key))
    },
    deleteIf(key, version, now) {
      const sql = `DELETE FROM entries WHERE key = :key AND version = :version AND ${LIVE}`
      return Number(statement(sql).run({ key, version, now }).changes) > 0
    },
    page({ prefix = '', after, limit = 1000, keysOnly = false }, now) {
      const end = prefixEnd(prefix)
      const from = after !== undefined ? 'key > :after AND' : ''
      const to = end === undefined ? '' : 'AND key < :end'
      const bounds = { ...(after === undefined ? {} : { after }), ...(end === undefined ? {} : { end }) }
      const where = `${from} key >= :prefix ${to}`
      if (keysOnly) {
        // Where nothing has expired the index of the keys has all that is asked for.
        const alive = statement(ANY_EXPIRED).get(now) === undefined ? '' : `AND ${LIVE}`
        const time = alive === '' ? {} : { now }
        const sql = `SELECT key FROM entries WHERE ${where} ${alive} ORDER BY key LIMIT :limit`
        return statement(sql).all({ prefix, limit, ...time, ...bounds }) as unknown as ListedEntry[]
      }
      const sql = `SELECT key, value, version, expires_at FROM entries WHERE ${where} AND ${LIVE} ORDER BY key LIMIT :limit`
      const found = asArrays(statement(sql)).iterate({
        prefix,
        now,
        limit,
        ...bounds,
      }) as unknown as Iterable<ListedRow>
      const page: ListedEntry[] = []
      let bytes = 0
      for (const [key, value, version, expiresAt] of found) {
        page.push({ key, entry: entryOf(value, version, expiresAt) })
        bytes += value.byteLength
        if (bytes >= PAGE_BYTES) break
      }
      return page
    },
    deleteExpired(now, limit) {
      const sql = `DELETE FROM entries
        WHERE rowid IN (SELECT rowid FROM entries WHERE expires_at <= ? LIMIT ?) RETURNING key`
      return statement(sql)
        .all(now, limit)
        .map((row) => String(row['key']))
    },
    countExpired(now) {
      return Number(
        statement('SELECT count(*) AS count FROM entries WHERE expires_at <= ?').get(now)?.['count'],
      )
    },
    countKeys(after, limit) {
      const sql = `SELECT count(*) AS count, max(key) AS last
        FROM (SELECT key FROM entries WHERE key > ? ORDER BY key LIMIT ?)`
      return statement(sql).get(after, limit) as unknown as { count: number; last: string | null }
    },
  }
}

type ToStore = Omit<Entry, 'expiresAt'> & { readonly expiresAt?: number | null }

function asArrays(statement: StatementSync): StatementSync {
  statement.setReturnArrays(true)
  return statement
}

function isLive(expiresAt: number | null, now: number): boolean {
  return expiresAt === null || expiresAt > now
}

function entryOf(value: Uint8Array, version: string, expiresAt: number | null): Entry {
  return expiresAt === null ? { value, version } : { value, version, expiresAt }
}

/** The smallest text after everything that starts with the prefix; undefined if there is none. */
function prefixEnd(prefix: string): string | undefined {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) as number)
  while (codePoints.length > 0) {
    const last = codePoints.pop() as number
    if (last === 0x10ffff) continue
    // Surrogates are not characters.
    const next = last === 0xd7ff ? 0xe000 : last + 1
    return String.fromCodePoint(...codePoints, next)
  }
  return undefined
}
