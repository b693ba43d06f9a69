import { isAscii } from 'node:buffer'
import { type Entry, StateError } from '@switchyard/core'

/**
 * How an entry stands in one Redis string, so that a script sees all of it and MGET fetches it:
 *
 *     <bytes of the version>:<expiresAt in Unix ms, or nothing>:<version><value>
 */
export function recordOf({ value, version, expiresAt }: Entry): string | Buffer {
  const header = `${Buffer.byteLength(version)}:${expiresAt ?? ''}:${version}`
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  // The client sends a text in one piece with the rest of a command, and bytes by themselves.
  return isAscii(bytes) ? header + bytes.toString('latin1') : Buffer.concat([Buffer.from(header), bytes])
}

const COLON = 0x3a
const ZERO = 0x30

/** @throws StateError `CORRUPT` if these bytes are not a record. */
export function readRecord(record: Buffer, key: string): Entry {
  // A header is so short that to look for its colons here is faster than to have them found.
  let first = 0
  let length = 0
  for (let digit = digitAt(record, 0); digit >= 0 && digit <= 9; digit = digitAt(record, first)) {
    length = length * 10 + digit
    first++
  }
  let second = first + 1
  while (second < record.length && record[second] !== COLON) second++
  const start = second + 1
  const end = start + length
  if (first === 0 || record[first] !== COLON || end > record.length) throw notARecord(key)
  const value = record.subarray(end)
  const version = record.toString('utf8', start, end)
  if (second === first + 1) return { value, version }
  return { value, version, expiresAt: Number(record.toString('latin1', first + 1, second)) }
}

function digitAt(record: Buffer, at: number): number {
  return at < record.length ? (record[at] as number) - ZERO : -1
}

export function notARecord(key: string): StateError {
  const message = `What Redis holds for '${key}' was not written by Switchyard; remove it, or use layout: 'plain' to share keys`
  return new StateError('CORRUPT', message, { key })
}
