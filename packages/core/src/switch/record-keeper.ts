import type { SwitchJournal, SwitchRecord } from './journal.ts'

/** Keeps the record of switches in the journal. Changes follow one another, each made to what the one before has left. */
export interface RecordKeeper {
  /** What the journal holds. */
  readonly record: SwitchRecord
  /** Durable when it resolves. If it rejects, the record is as before: what the journal holds is what the error says. */
  change(make: (record: SwitchRecord) => SwitchRecord): Promise<void>
}

export function createRecordKeeper(journal: SwitchJournal, found: SwitchRecord): RecordKeeper {
  let record = found
  let last: Promise<unknown> = Promise.resolve()

  async function write(make: (record: SwitchRecord) => SwitchRecord): Promise<void> {
    const next = make(record)
    await journal.write(next)
    record = next
  }

  return {
    get record() {
      return record
    },
    change(make) {
      const written = last.then(() => write(make))
      last = written.catch(() => undefined)
      return written
    },
  }
}
