import { open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type Health, type OptimizeResult, StateError } from '@switchyard/core'
import { isBusy, sqliteError } from './errors.ts'
import { pragma } from './schema.ts'
import type { WorkQueue } from './work-queue.ts'

/** Free pages that one step gives back to the file system; other work comes in between. */
const STEP_PAGES = 500

/** Bytes of the pages that are in use. */
export function usedBytes(database: DatabaseSync): number {
  return (pragma(database, 'page_count') - pragma(database, 'freelist_count')) * pragma(database, 'page_size')
}

function fileBytes(database: DatabaseSync): number {
  return pragma(database, 'page_count') * pragma(database, 'page_size')
}

/** Gives free pages back to the file system, and renews the statistics that SQLite plans by. */
export async function optimizeDatabase(database: DatabaseSync, queue: WorkQueue): Promise<OptimizeResult> {
  const bytesBefore = await queue.read(() => fileBytes(database))
  const freePages = (): number => pragma(database, 'freelist_count')
  for (
    let before = Number.POSITIVE_INFINITY, free = await queue.read(freePages);
    free > 0 && free < before;
  ) {
    before = free
    free = await queue.writeMany(() => {
      database.prepare(`PRAGMA incremental_vacuum(${STEP_PAGES})`).all()
      return freePages()
    })
  }
  await queue.writeMany(() => database.exec('PRAGMA optimize'))
  // Only now does the file itself become smaller. Not in a transaction, as those of the queue end with its turns.
  database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  const bytesAfter = await queue.read(() => fileBytes(database))
  return { bytesBefore, bytesAfter }
}

/** With `durability: 'normal'` SQLite leaves it to the system when its log gets to the disk. */
export async function syncDatabase(path: string): Promise<void> {
  try {
    await syncFile(`${path}-wal`)
    await syncFile(path)
    // Windows has no handle of a folder to sync.
    if (process.platform !== 'win32') await syncFile(dirname(path))
  } catch (cause) {
    const message = `'${path}' could not be synced to the disk: ${(cause as Error).message}`
    throw new StateError('BACKEND_ERROR', message, { cause })
  }
}

async function syncFile(file: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(file, 'r')
  } catch (error) {
    // There is no log where nothing was written since it was moved into the file.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether the file is still there and can be read and written to. */
export async function checkDatabase(database: DatabaseSync, path: string, inode: number): Promise<Health> {
  const found = await stat(path).catch(() => undefined)
  if (found?.ino !== inode) {
    return {
      healthy: false,
      reason: `SQLite file '${path}' was ${found === undefined ? 'removed' : 'replaced'} while it was open`,
    }
  }
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
  } catch (error) {
    // Busy is alive.
    if (!isBusy(error)) return { healthy: false, reason: sqliteError(error, path).message }
  }
  return { healthy: true, detail: { path, bytes: found.size } }
}
