import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StateError } from '@switchyard/core'
import { sqliteError } from './errors.ts'

export interface BackupOptions {
  /** The database file, which may be in use. */
  readonly from: string
  /** The copy. Replaced if it exists, once the new one is complete. */
  readonly to: string
}

/** A thread of its own, since SQLite copies synchronously. */
const COPY = `
  const { workerData } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(workerData.from, { readOnly: true })
  database.prepare('VACUUM INTO ?').run(workerData.to)
  database.close()
`

/**
 * Copies a database as it is at one moment, while it is read and written to, also by other processes. The copy is
 * compact, complete and on the disk when the promise resolves; before that the file \`to` is not touched.
 *
 * @throws StateError that says what SQLite or the file system said
 */
export async function backupSqlite({ from, to }: BackupOptions): Promise<void> {
  if (resolve(from) === resolve(to)) {
    throw new StateError('INVALID_OPTIONS', `A backup of '${from}' cannot replace the file itself`)
  }
  const temporary = `${to}.${randomUUID()}.tmp`
  try {
    await copy(from, temporary)
    await sync(temporary)
    // The log of an earlier file would be taken for that of the new one.
    for (const left of ['-wal', '-shm']) await rm(`${to}${left}`, { force: true })
    await rename(temporary, to)
    await sync(dirname(to))
  } catch (error) {
    await rm(temporary, { force: true })
    throw sqliteError(error, from)
  }
}

function copy(from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(COPY, { eval: true, execArgv: [], workerData: { from, to } })
    worker.once('error', reject)
    worker.once('exit', () => resolve())
  })
}

async function sync(path: string): Promise<void> {
  const file = await open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
