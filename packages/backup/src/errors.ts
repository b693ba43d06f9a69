import { isStateError, StateError } from '@switchyard/core'

export function damaged(path: string, offset: number, what: string, cause?: unknown): StateError {
  const message = `'${path}' is not a whole backup: at byte ${offset}, ${what}. Nothing was restored from it; use another one`
  return new StateError('CORRUPT', message, { cause })
}

/** Of a file that is as it was made, and that this version does not understand. */
export function notReadable(path: string, offset: number, what: string): StateError {
  const message = `'${path}' cannot be read: at byte ${offset}, ${what}. Nothing was restored from it`
  return new StateError('INCOMPATIBLE', message)
}

/** What a failed system call means, naming the file. */
export function fileError(error: unknown, path: string): StateError {
  if (isStateError(error)) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StateError('FULL', `The disk is full: '${path}' was not written`, { cause: error })
  }
  if (code === 'ENOENT') {
    return new StateError('INVALID_OPTIONS', `'${path}' does not exist, or its folder does not`, {
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StateError('READ_ONLY', `'${path}' cannot be opened as needed (${code})`, { cause: error })
  }
  return new StateError('BACKEND_ERROR', `'${path}': ${message}`, { cause: error })
}
