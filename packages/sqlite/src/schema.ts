import type { DatabaseSync } from 'node:sqlite'
import { StateError } from '@switchyard/core'

/** Marks the file as ours: "SWYD". */
const APPLICATION_ID = 0x53575944

/** What makes each version of the schema out of the one before. Never edited, only added to. */
const MIGRATIONS: readonly string[] = [
  // Keys compare by their UTF-8 bytes. A table with row ids is faster than one without for values of some KiB.
  `CREATE TABLE entries (
     key TEXT NOT NULL PRIMARY KEY,
     value BLOB NOT NULL,
     version TEXT NOT NULL,
     expires_at INTEGER
   )`,
  'CREATE INDEX entries_expires_at ON entries (expires_at) WHERE expires_at IS NOT NULL',
]

/**
 * Brings the file to the newest schema, in one transaction.
 *
 * @throws StateError `INCOMPATIBLE` if a newer version of this package wrote it, or another program.
 */
export function migrate(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = checkOwner(database, path)
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
    if (version < MIGRATIONS.length) {
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`)
    }
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/**
 * The version of the file's schema; 0 for a new file. Changes nothing.
 *
 * @throws StateError `INCOMPATIBLE` if a newer version of this package wrote it, or another program.
 */
export function checkOwner(database: DatabaseSync, path: string): number {
  const owner = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const tables = Number(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'])
  if (owner !== APPLICATION_ID && (owner !== 0 || tables > 0)) {
    throw new StateError(
      'INCOMPATIBLE',
      `SQLite file '${path}' belongs to another program; choose another path`,
    )
  }
  if (version > MIGRATIONS.length) {
    const message = `SQLite file '${path}' has schema ${version}, this version of @switchyard/sqlite knows ${MIGRATIONS.length}; upgrade it`
    throw new StateError('INCOMPATIBLE', message)
  }
  return version
}

export function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
}
