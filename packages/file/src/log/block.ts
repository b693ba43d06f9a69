import { crc32 } from 'node:zlib'
import type { Change } from '../change.ts'

/**
 * What is appended at once: the writes of one group, all or nothing.
 *
 *     2 bytes  mark
 *     4 bytes  bytes of the body, little-endian
 *     4 bytes  CRC-32 of the body
 *     body     changes, one after the other:
 *                1 byte   1 set, 2 set with an expiry, 3 deletion
 *                2 bytes  bytes of the key, then the key in UTF-8
 *                of a set: 2 bytes, version; 8 bytes, expiry (a double), only with one; 4 bytes, value
 */
const MARK = 0x5ca7
export const HEADER_BYTES = 10

const SET = 1
const SET_EXPIRING = 2
const DELETION = 3

/** A change, and where its value is in the segment. */
export interface LocatedChange {
  readonly key: string
  readonly version: string
  readonly expiresAt: number | undefined
  /** Undefined for a deletion. */
  readonly value: { readonly offset: number; readonly length: number; readonly crc: number } | undefined
  /** Bytes that the change takes in the segment. */
  readonly bytes: number
}

/** The block of these changes, and where they will be once it is written at `offset`. */
export function packBlock(
  changes: readonly Change[],
  offset: number,
): { readonly block: Buffer; readonly located: readonly LocatedChange[] } {
  let size = HEADER_BYTES
  for (const { key, entry } of changes) {
    size += 3 + key.length * 3
    if (entry !== undefined) size += 14 + entry.version.length * 3 + entry.value.byteLength
  }
  const block = Buffer.allocUnsafe(size)
  const located: LocatedChange[] = []
  let at = HEADER_BYTES
  for (const { key, entry } of changes) {
    const start = at
    block[at++] = entry === undefined ? DELETION : entry.expiresAt === undefined ? SET : SET_EXPIRING
    at = packText(block, at, key)
    let value: LocatedChange['value']
    if (entry !== undefined) {
      at = packText(block, at, entry.version)
      if (entry.expiresAt !== undefined) at = block.writeDoubleLE(entry.expiresAt, at)
      at = block.writeUInt32LE(entry.value.byteLength, at)
      block.set(entry.value, at)
      value = { offset: offset + at, length: entry.value.byteLength, crc: crc32(entry.value) }
      at += entry.value.byteLength
    }
    located.push({
      key,
      version: entry?.version ?? '',
      expiresAt: entry?.expiresAt,
      value,
      bytes: at - start,
    })
  }
  block.writeUInt16LE(MARK, 0)
  block.writeUInt32LE(at - HEADER_BYTES, 2)
  block.writeUInt32LE(crc32(block.subarray(HEADER_BYTES, at)), 6)
  return { block: block.subarray(0, at), located }
}

/** Bytes of the block that starts here, or undefined if none does. */
export function blockBytes(data: Buffer, at: number): number | undefined {
  if (at + HEADER_BYTES > data.length || data.readUInt16LE(at) !== MARK) return undefined
  const bytes = HEADER_BYTES + data.readUInt32LE(at + 2)
  if (at + bytes > data.length) return undefined
  return crc32(data.subarray(at + HEADER_BYTES, at + bytes)) === data.readUInt32LE(at + 6) ? bytes : undefined
}

/** Whether a whole block starts anywhere from here on. */
export function findBlock(data: Buffer, from: number): boolean {
  const mark = Buffer.of(MARK & 0xff, MARK >> 8)
  for (let at = data.indexOf(mark, from); at >= 0; at = data.indexOf(mark, at + 1)) {
    if (blockBytes(data, at) !== undefined) return true
  }
  return false
}

/** The changes in a block that was found to be whole. */
export function* changesIn(
  data: Buffer,
  start: number,
  bytes: number,
  segmentOffset: number,
): Iterable<LocatedChange> {
  const end = start + bytes
  let at = start + HEADER_BYTES
  const text = (): string => {
    const length = data.readUInt16LE(at)
    at += 2 + length
    return data.toString('utf8', at - length, at)
  }
  while (at < end) {
    const from = at
    const kind = data[at++]
    const key = text()
    if (kind === DELETION) {
      yield { key, version: '', expiresAt: undefined, value: undefined, bytes: at - from }
      continue
    }
    const version = text()
    let expiresAt: number | undefined
    if (kind === SET_EXPIRING) {
      expiresAt = data.readDoubleLE(at)
      at += 8
    }
    const length = data.readUInt32LE(at)
    at += 4
    const crc = crc32(data.subarray(at, at + length))
    const offset = segmentOffset + at - start
    at += length
    yield { key, version, expiresAt, value: { offset, length, crc }, bytes: at - from }
  }
}

function packText(target: Buffer, at: number, text: string): number {
  const length = target.write(text, at + 2)
  target.writeUInt16LE(length, at)
  return at + 2 + length
}
