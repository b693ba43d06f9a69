import { isStateError, StateError } from '@switchyard/core'

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])
const READ_ONLY: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS'])

/** What a failed system call means, naming the file. */
export function fileError(error: unknown, file: string): StateError {
  if (isStateError(error)) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  if (FULL.has(code)) {
    return new StateError('FULL', `The disk is full: '${file}' cannot grow; free some space and try again`, {
      cause: error,
    })
  }
  if (READ_ONLY.has(code)) {
    return new StateError('READ_ONLY', `'${file}' cannot be written to (${code})`, { cause: error })
  }
  return new StateError('BACKEND_ERROR', `'${file}': ${message}`, { cause: error })
}

export function corrupt(file: string, offset: number, what: string, key?: string): StateError {
  const message = `'${file}' is damaged at byte ${offset}: ${what}; restore the folder from a backup`
  return new StateError('CORRUPT', message, { key })
}

/** Of a file that a person may have edited. */
export function broken(file: string, offset: number, what: string, key?: string): StateError {
  const message = `'${file}' is broken at byte ${offset}: ${what}; mend it, write its key anew or remove the file`
  return new StateError('CORRUPT', message, { key })
}
