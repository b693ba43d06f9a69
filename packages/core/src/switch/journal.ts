import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StateError } from '../errors.ts'

/** What must outlive the process about switches. */
export interface SwitchRecord {
  readonly format: 1
  /** The backend that serves. To write it anew is what commits a switch. */
  readonly active: string
  /** The latest switch. */
  readonly latest?: {
    readonly id: string
    readonly from: string
    readonly to: string
    /** 'prepared': the copy may be under way; 'committed': `active` is `to`. */
    readonly state: 'prepared' | 'committed' | 'completed' | 'aborted'
    /** Unix ms. */
    readonly at: number
  }
  /**
   * Backends that hold a copy that was given up or is out of date, as the source of a switch does; it is removed before
   * they are switched to again.
   */
  readonly leftovers: readonly string[]
  /** When a restore was begun that has not ended, in Unix ms: there may be a part only of what was to be restored. */
  readonly restoring?: number
}

/** Keeps the record of switches. */
export interface SwitchJournal {
  read(): Promise<SwitchRecord | undefined>
  /**
   * Durable when it resolves, and all or nothing. Rejects with a `StateError` other than `OUTCOME_UNKNOWN` only if it is
   * certain that the record was not written and will not be.
   */
  write(record: SwitchRecord): Promise<void>
}

/** A journal in a file of its own: what the option `journal` makes of a path. */
export function fileJournal(path: string): SwitchJournal {
  const folder = dirname(path)
  return {
    async read() {
      let text: string
      try {
        text = await readFile(path, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
      return parse(text, path)
    },
    async write(record) {
      const temporary = join(folder, `.${basename(path)}.${randomUUID()}`)
      try {
        const file = await open(temporary, 'wx', 0o600)
        try {
          await file.writeFile(`${JSON.stringify(record, undefined, 2)}\n`)
          await file.sync()
        } finally {
          await file.close()
        }
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined)
        const message = `'${path}' was not replaced: ${(error as Error).message}`
        throw new StateError('BACKEND_ERROR', message, { cause: error })
      }
      try {
        await rename(temporary, path)
        await syncFolder(folder)
      } catch (error) {
        const message = `'${path}' may or may not have been replaced: ${(error as Error).message}`
        throw new StateError('OUTCOME_UNKNOWN', message, { cause: error })
      }
    },
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

function parse(text: string, path: string): SwitchRecord {
  try {
    const record = JSON.parse(text) as SwitchRecord
    if (record.format === 1 && typeof record.active === 'string' && Array.isArray(record.leftovers))
      return record
  } catch {
    // Said below.
  }
  const message = `'${path}' is not a journal of switches; it says which backend serves, so put it right or restore it`
  throw new StateError('CORRUPT', message)
}
