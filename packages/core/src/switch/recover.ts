import { StateError } from '../errors.ts'
import type { SwitchJournal, SwitchRecord } from './journal.ts'

/**
 * What the journal says, with a switch that was cut off by the end of the process brought to its end: up to the commit
 * the source serves, and what was copied is left over; after it the target does.
 *
 * @throws StateError `UNKNOWN_BACKEND` if the journal names a backend that is not there, `CORRUPT` if it cannot be read
 */
export async function recover(
  journal: SwitchJournal | undefined,
  active: string,
  backends: readonly string[],
): Promise<SwitchRecord> {
  const found = await journal?.read()
  if (journal === undefined || found === undefined) return { format: 1, active, leftovers: [] }
  if (!backends.includes(found.active)) {
    const message = `The journal says that '${found.active}' serves, and there is no such backend; there are: ${backends.join(', ')}`
    throw new StateError('UNKNOWN_BACKEND', message, { backend: found.active })
  }
  const { latest } = found
  if (latest?.state !== 'prepared' && latest?.state !== 'committed') return found
  const isCommitted = latest.state === 'committed'
  const record: SwitchRecord = {
    ...found,
    leftovers: isCommitted ? found.leftovers : [...new Set([...found.leftovers, latest.to])],
    latest: { ...latest, state: isCommitted ? 'completed' : 'aborted' },
  }
  await journal.write(record)
  return record
}
