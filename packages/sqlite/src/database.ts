import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { StateError } from '@switchyard/core'
import { isBusy, sqliteError } from './errors.ts'
import type { SqliteOptions } from './options.ts'
import { checkOwner, migrate } from './schema.ts'

const PAGE_SIZE = 4096
/** Pages in the log before it is moved into the file: more make writes faster and the log larger (40 MiB). */
const CHECKPOINT_PAGES = 10_000
const RETRY_MS = 10

/**
 * Opens the file, makes or migrates its schema, and sets what holds for the connection. Other processes that
 * open it at the same moment are waited for.
 */
export async function openDatabase({
  path,
  durability = 'normal',
  busyTimeoutMs = 5000,
}: SqliteOptions): Promise<DatabaseSync> {
  const deadline = performance.now() + busyTimeoutMs
  for (;;) {
    try {
      await mkdir(dirname(path), { recursive: true })
      return open(path, durability)
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw sqliteError(error, path)
    }
    await sleep(RETRY_MS)
  }
}

function open(path: string, durability: 'normal' | 'full'): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    // Before anything is set: what is not ours stays as it is.
    // In a transaction, since another process may be making the file meanwhile.
    database.exec('BEGIN')
    checkOwner(database, path)
    database.exec('COMMIT')
    // The first two take effect only in a new file. The file is not mapped into memory: a disk that fails, or a program
    // that cuts the file off, would then end the process by a signal instead of an error.
    database.exec(`
      PRAGMA page_size = ${PAGE_SIZE};
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'};
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    `)
    checkJournal(database, path)
    migrate(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Some file systems cannot share memory between processes; SQLite then stays with another journal, silently. */
function checkJournal(database: DatabaseSync, path: string): void {
  const mode = database.prepare('PRAGMA journal_mode').get()?.['journal_mode']
  if (mode === 'wal') return
  const message = `SQLite file '${path}': its file system cannot hold a write-ahead log (journal mode '${String(mode)}'); use a local disk`
  throw new StateError('NOT_SUPPORTED', message)
}
