import { isAscii } from 'node:buffer'
import { type Entry, StateError } from '@switchyard/core'

/**
 * How an entry stands in one Redis string, so that a script sees all of it and MGET fetches it:
 *
 *     <bytes of the version>:<expiresAt in Unix ms, or nothing>:<version><value>
 */
export function recordOf({ value, version, expiresAt }: Entry): string | Buffer {
  const header = `${Buffer.byteLength(version)}:${expiresAt ?? ''}:${version}`
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  // The client sends a text in one piece with the rest of a command, and bytes by themselves.
  return isAscii(bytes) ? header + bytes.toString('latin1') : Buffer.concat([Buffer.from(header), bytes])
}

const COLON = 0x3a

/** @throws StateError `CORRUPT` if these bytes are not a record. */
export function readRecord(record: Buffer, key: string): Entry {
  const first = record.indexOf(COLON)
  const second = record.indexOf(COLON, first + 1)
  const start = second + 1
  const end = start + Number(record.toString('latin1', 0, Math.max(first, 0)) || Number.NaN)
  if (first < 1 || second < 0 || !(end <= record.length)) throw notARecord(key)
  const value = record.subarray(end)
  const version = record.toString('utf8', start, end)
  if (second === first + 1) return { value, version }
  return { value, version, expiresAt: Number(record.toString('latin1', first + 1, second)) }
}

export function notARecord(key: string): StateError {
  const message = `What Redis holds for '${key}' was not written by Switchyard; remove it, or use layout: 'plain' to share keys`
  return new StateError('CORRUPT', message, { key })
}
