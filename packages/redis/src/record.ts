import { type Entry, StateError } from '@switchyard/core'

/**
 * How an entry stands in one Redis string, so that a script sees all of it and MGET fetches it:
 *
 *     1 byte    1, or 3 with an expiry
 *     8 bytes   only with an expiry: expiresAt in Unix ms, a big-endian double
 *     2 bytes   length of the version in bytes, big-endian
 *               the version in UTF-8, then the value
 */
const LASTING = 1
const EXPIRING = 3

/** As many bytes as the record needs, or a few more. */
export function maxRecordBytes({ value, version }: Entry): number {
  return 11 + version.length * 3 + value.byteLength
}

/** Writes the record at `offset` and returns where it ends. */
export function packRecord(target: Buffer, offset: number, entry: Entry): number {
  const { value, version, expiresAt } = entry
  let at = offset
  target[at++] = expiresAt === undefined ? LASTING : EXPIRING
  if (expiresAt !== undefined) at = target.writeDoubleBE(expiresAt, at)
  at = packText(target, at, version)
  target.set(value, at)
  return at + value.byteLength
}

/** Writes the length in two bytes and the text in UTF-8, and returns where it ends. */
export function packText(target: Buffer, offset: number, text: string): number {
  const length = target.write(text, offset + 2)
  target[offset] = length >> 8
  target[offset + 1] = length & 0xff
  return offset + 2 + length
}

/** @throws StateError `CORRUPT` if these bytes are not a record. */
export function readRecord(record: Buffer, key: string): Entry {
  const kind = record[0]
  const at = kind === LASTING ? 1 : kind === EXPIRING ? 9 : record.length
  const start = at + 2
  const end = start + (((record[at] ?? 0) << 8) | (record[at + 1] ?? 0))
  if (start > record.length || end > record.length) throw notARecord(key)
  const value = record.subarray(end)
  const version = record.toString('utf8', start, end)
  return kind === LASTING ? { value, version } : { value, version, expiresAt: record.readDoubleBE(1) }
}

export function notARecord(key: string): StateError {
  const message = `What Redis holds for '${key}' was not written by Switchyard; remove it, or use layout: 'plain' to share keys`
  return new StateError('CORRUPT', message, { key })
}
