import { StateError } from './errors.ts'
import type { Entry, Operation, OperationResult } from './store.ts'

export type Increment = Extract<Operation, { op: 'increment' }>

/**
 * What an increment makes of the live entry. The value must be the JSON text of a safe integer,
 * and so is the result; absent counts as 0.
 *
 * @throws StateError `INVALID_VALUE` if it is not, or if the sum leaves the safe range.
 */
export function incrementEntry(
  live: Entry | undefined,
  { key, by, version, expiresAt }: Increment,
): { readonly entry: Entry; readonly result: Extract<OperationResult, { op: 'increment' }> } {
  const value = (live === undefined ? 0 : integerIn(live.value, key)) + by
  if (!Number.isSafeInteger(value)) {
    const message = `'${key}' cannot be incremented by ${by}: the result is not a safe integer`
    throw new StateError('INVALID_VALUE', message, { key })
  }
  const expiry = live === undefined ? expiresAt : live.expiresAt
  const until = expiry === undefined ? {} : { expiresAt: expiry }
  return {
    entry: { value: Buffer.from(String(value)), version, ...until },
    result: { op: 'increment', value, ...until },
  }
}

function integerIn(bytes: Uint8Array, key: string): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw new StateError(
    'INVALID_VALUE',
    `'${key}' does not hold an integer in JSON; it cannot be incremented`,
    { key },
  )
}
