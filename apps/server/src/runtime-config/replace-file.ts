import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StateError } from '@switchyard/core'

/**
 * Writes a file whole and durably, or leaves the one that is there.
 *
 * @throws StateError `UNAVAILABLE` or `FULL` if the one that is there was left, `OUTCOME_UNKNOWN` if that is not certain.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  try {
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    await rm(temporary, { force: true })
    const { code, message } = error as NodeJS.ErrnoException
    const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'FULL' : 'UNAVAILABLE'
    throw new StateError(kind, `'${path}' cannot be written: ${message}`, { cause: error })
  }
  try {
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    const message = `'${path}' may or may not have been replaced: ${(error as Error).message}`
    throw new StateError('OUTCOME_UNKNOWN', message, { cause: error })
  }
}

/** A rename survives the end of the machine only once its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  // Windows knows no handle of a folder, and keeps the order of its changes by itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
