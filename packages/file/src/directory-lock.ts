import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StateError } from '@switchyard/core'
import { fileError } from './errors.ts'

/** Holds a folder until it is released or the process ends, however it ends. */
export interface DirectoryLock {
  release(): void
}

const SQLITE_BUSY = 5

/**
 * Makes the folder if need be and locks it. The lock is SQLite's exclusive one on an empty file, as the operating system
 * takes that from a process that ends: a lock by a file's existence would outlive a killed process, one by its pid be
 * taken for that of another process later.
 *
 * @param name of the file; beside it `<name>-holder` has the pid of the process that holds the lock. Default 'lock'
 * @throws StateError `LOCKED` naming the process that holds it
 */
export async function lockDirectory(folder: string, name = 'lock'): Promise<DirectoryLock> {
  const lockFile = join(folder, name)
  const holderFile = `${lockFile}-holder`
  await makeFolder(folder)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(lockFile)
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if ((error as { readonly errcode?: number }).errcode === SQLITE_BUSY)
      throw await locked(folder, holderFile)
    throw fileError(error, lockFile)
  }
  const held = database
  try {
    await writeFile(holderFile, `${process.pid}\n`, { mode: 0o600 })
  } catch (error) {
    held.close()
    throw fileError(error, holderFile)
  }
  return { release: () => held.close() }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const found = await stat(folder).catch(() => undefined)
    if (found !== undefined && !found.isDirectory()) {
      throw new StateError('INVALID_OPTIONS', `'${folder}' is a file; name a folder`, { cause: error })
    }
    throw fileError(error, folder)
  }
}

async function locked(folder: string, holderFile: string): Promise<StateError> {
  const pid = (await readFile(holderFile, 'utf8').catch(() => '')).trim()
  const holder = pid === '' ? 'another process' : `process ${pid}`
  return new StateError(
    'LOCKED',
    `The folder '${folder}' is in use by ${holder}; only one process may have it open`,
  )
}
