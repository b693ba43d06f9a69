import { readFile } from 'node:fs/promises'
import { StateError } from '../errors.ts'
import { replaceFile } from '../replace-file.ts'

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
  return {
    async read() {
      let text: string
      try {
        text = await readFile(path, 'utf8')
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code === 'ENOENT') return undefined
        throw new StateError('BACKEND_ERROR', `The journal '${path}' cannot be read: ${message}`, {
          cause: error,
        })
      }
      let record: unknown
      try {
        record = JSON.parse(text)
      } catch (error) {
        throw notAJournal(`'${path}'`, error)
      }
      if (isRecord(record)) return record
      throw notAJournal(`'${path}'`)
    },
    write: (record) => replaceFile(path, `${JSON.stringify(record, undefined, 2)}\n`),
  }
}

export function notAJournal(what: string, cause?: unknown): StateError {
  const message = `${what} is not a journal of switches; it says which backend serves, so put it right or restore it`
  return new StateError('CORRUPT', message, { cause })
}

/** Whether all that a record tells is there. */
export function isRecord(value: unknown): value is SwitchRecord {
  const { format, active, leftovers, latest, restoring } = (value ?? {}) as Partial<Record<string, unknown>>
  return (
    format === 1 &&
    typeof active === 'string' &&
    Array.isArray(leftovers) &&
    leftovers.every((name) => typeof name === 'string') &&
    (latest === undefined || isLatest(latest)) &&
    (restoring === undefined || typeof restoring === 'number')
  )
}

function isLatest(value: unknown): boolean {
  const { id, from, to, state, at } = (value ?? {}) as Partial<Record<string, unknown>>
  return (
    [id, from, to].every((name) => typeof name === 'string') &&
    ['prepared', 'committed', 'completed', 'aborted'].includes(String(state)) &&
    typeof at === 'number'
  )
}
