import { isStateError, StateError } from '../errors.ts'
import { fileJournal, notAJournal, type SwitchJournal, type SwitchRecord } from './journal.ts'

/**
 * What the option `journal` stands for, with the failures and the records of a journal of one's own checked.
 *
 * @throws StateError `INVALID_OPTIONS` if it is neither a path nor a journal
 */
export function journalOf(option: string | SwitchJournal | undefined): SwitchJournal | undefined {
  if (option === undefined) return undefined
  if (typeof option === 'string') {
    if (option === '') throw new StateError('INVALID_OPTIONS', 'createState: journal is an empty path')
    return checkedJournal(fileJournal(option), `'${option}'`)
  }
  if (typeof option?.read !== 'function' || typeof option.write !== 'function') {
    throw new StateError(
      'INVALID_OPTIONS',
      'createState: journal is neither a path nor an object with read() and write()',
    )
  }
  return checkedJournal(option, 'What the journal gives')
}

/** @param name how its record is called in an error */
function checkedJournal(journal: SwitchJournal, name: string): SwitchJournal {
  return {
    async read() {
      let record: unknown
      try {
        record = await journal.read()
      } catch (error) {
        throw failure(error, 'BACKEND_ERROR', 'cannot be read')
      }
      if (record === undefined || isRecord(record)) return record
      throw notAJournal(name)
    },
    async write(record) {
      try {
        await journal.write(record)
      } catch (error) {
        // Only an error of ours can say that nothing was written; one of another kind could mean anything.
        throw failure(error, 'OUTCOME_UNKNOWN', 'may or may not have been written')
      }
    },
  }
}

function failure(error: unknown, code: 'BACKEND_ERROR' | 'OUTCOME_UNKNOWN', what: string): StateError {
  if (isStateError(error)) return error
  const why = error instanceof Error ? error.message : String(error)
  return new StateError(code, `The journal ${what}: ${why}`, { cause: error })
}

function isRecord(value: unknown): value is SwitchRecord {
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
