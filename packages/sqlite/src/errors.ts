import { isStateError, StateError, type StateErrorCode } from '@switchyard/core'

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that have a meaning of ours. */
const CODES: ReadonlyMap<number, readonly [code: StateErrorCode, advice: string]> = new Map([
  [5, ['LOCKED', 'another process holds the file; try again']],
  [6, ['LOCKED', 'another connection holds the table; try again']],
  [8, ['READ_ONLY', 'the file or its folder cannot be written to; check its permissions']],
  [11, ['CORRUPT', 'the file is damaged; restore it from a backup']],
  [13, ['FULL', 'the disk is full; nothing was written']],
  [14, ['UNAVAILABLE', 'the file cannot be opened; check the path and its permissions']],
  [26, ['CORRUPT', 'the file is not an SQLite database, or its first page is damaged']],
])

/** What the file system says of the folder, before SQLite is asked. */
const FILE_SYSTEM_CODES: ReadonlyMap<unknown, readonly [code: StateErrorCode, advice: string]> = new Map([
  ['EACCES', ['READ_ONLY', 'the folder cannot be written to; check its permissions']],
  ['EPERM', ['READ_ONLY', 'the folder cannot be written to; check its permissions']],
  ['EROFS', ['READ_ONLY', 'the file system is mounted read-only']],
  ['ENOSPC', ['FULL', 'the disk is full; nothing was written']],
  ['ENOTDIR', ['UNAVAILABLE', 'part of the path is not a folder']],
  ['EEXIST', ['UNAVAILABLE', 'part of the path is not a folder']],
])

const BUSY = 5

interface SqliteError extends Error {
  readonly errcode: number
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && (error as { code?: unknown }).code === 'ERR_SQLITE_ERROR'
}

/** Another connection is in the way, and will leave. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === BUSY
}

/** What SQLite says, as a StateError that names the file. */
export function sqliteError(error: unknown, path: string): StateError {
  if (isStateError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  const [code, advice] = (isSqliteError(error)
    ? CODES.get(error.errcode & 0xff)
    : FILE_SYSTEM_CODES.get((error as NodeJS.ErrnoException)?.code)) ?? ['BACKEND_ERROR', undefined]
  return new StateError(
    code,
    `SQLite file '${path}': ${message}${advice === undefined ? '' : ` (${advice})`}`,
    { cause: error },
  )
}
