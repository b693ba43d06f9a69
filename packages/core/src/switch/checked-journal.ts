import { isStateError, StateError } from '../errors.ts'
import { fileJournal, isRecord, notAJournal, type SwitchJournal } from './journal.ts'

/**
 * What the option `journal` stands for, with the failures and the records of a journal of one's own checked.
 *
 * @throws StateError `INVALID_OPTIONS` if it is neither a path nor a journal
 */
export function journalOf(option: string | SwitchJournal | undefined): SwitchJournal | undefined {
  if (option === undefined) return undefined
  if (typeof option === 'string') {
    if (option === '') throw new StateError('INVALID_OPTIONS', 'createState: journal is an empty path')
    return fileJournal(option)
  }
  if (typeof option?.read !== 'function' || typeof option.write !== 'function') {
    throw new StateError(
      'INVALID_OPTIONS',
      'createState: journal is neither a path nor an object with read() and write()',
    )
  }
  return checkedJournal(option)
}

function checkedJournal(journal: SwitchJournal): SwitchJournal {
  return {
    async read() {
      let record: unknown
      try {
        record = await journal.read()
      } catch (error) {
        throw failure(error, 'BACKEND_ERROR', 'cannot be read')
      }
      if (record === undefined || isRecord(record)) return record
      throw notAJournal('What the journal gives')
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
