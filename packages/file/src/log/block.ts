import { crc32 } from 'node:zlib'
import type { Change } from '../change.ts'
import { deletion, type LocatedChange } from './located-change.ts'
import type { Segment } from './segment.ts'

/**
 * What is appended at once: the writes of one group, all or nothing.
 *
 *     2 bytes  mark
 *     4 bytes  bytes of the body, little-endian
 *     4 bytes  CRC-32 of the body, which goes on from one of the segment's number and the block's offset:
 *              a block that stands in a value is none
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

/** The block of these changes, and where they will be once it is the next one of the segment. */
export function packBlock(
  changes: readonly Change[],
  segment: Segment,
): { readonly block: Buffer; readonly located: readonly LocatedChange[] } {
  let size = HEADER_BYTES
  for (const { key, entry } of changes) {
    size += 3 + key.length * 3
    if (entry !== undefined) size += 14 + entry.version.length * 3 + entry.value.byteLength
  }
  const block = Buffer.allocUnsafe(size)
  const located: LocatedChange[] = []
  const { size: start } = segment
  let at = HEADER_BYTES
  for (const { key, entry } of changes) {
    const from = at
    block[at++] = entry === undefined ? DELETION : entry.expiresAt === undefined ? SET : SET_EXPIRING
    at = packText(block, at, key)
    if (entry === undefined) {
      located.push(deletion(key, segment, at - from))
      continue
    }
    const { version, expiresAt, value } = entry
    at = packText(block, at, version)
    if (expiresAt !== undefined) at = block.writeDoubleLE(expiresAt, at)
    at = block.writeUInt32LE(value.byteLength, at)
    block.set(value, at)
    const offset = start + at
    at += value.byteLength
    located.push({
      key,
      version,
      expiresAt,
      segment,
      offset,
      length: value.byteLength,
      crc: crc32(value),
      bytes: at - from,
    })
  }
  block.writeUInt16LE(MARK, 0)
  block.writeUInt32LE(at - HEADER_BYTES, 2)
  block.writeUInt32LE(crc32(block.subarray(HEADER_BYTES, at), placeOf(segment.id, start)), 6)
  return { block: block.subarray(0, at), located }
}

function placeOf(segmentId: number, offset: number): number {
  return crc32(`${segmentId}:${offset}`)
}

/** Bytes of the block that starts here, or undefined if none does. `offset` is where in the segment the data start. */
export function blockBytes(data: Buffer, at: number, segmentId: number, offset: number): number | undefined {
  if (at + HEADER_BYTES > data.length || data.readUInt16LE(at) !== MARK) return undefined
  const bytes = HEADER_BYTES + data.readUInt32LE(at + 2)
  if (at + bytes > data.length) return undefined
  const checksum = crc32(data.subarray(at + HEADER_BYTES, at + bytes), placeOf(segmentId, offset + at))
  return checksum === data.readUInt32LE(at + 6) ? bytes : undefined
}

/** Whether a whole block starts anywhere from here on. */
export function findBlock(data: Buffer, from: number, segmentId: number, offset: number): boolean {
  const mark = Buffer.of(MARK & 0xff, MARK >> 8)
  for (let at = data.indexOf(mark, from); at >= 0; at = data.indexOf(mark, at + 1)) {
    if (blockBytes(data, at, segmentId, offset) !== undefined) return true
  }
  return false
}

/** The changes in a block that was found to be whole. */
export function* changesIn(
  data: Buffer,
  start: number,
  bytes: number,
  segment: Segment,
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
      yield deletion(key, segment, at - from)
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
    yield { key, version, expiresAt, segment, offset, length, crc, bytes: at - from }
  }
}

function packText(target: Buffer, at: number, text: string): number {
  const length = target.write(text, at + 2)
  target.writeUInt16LE(length, at)
  return at + 2 + length
}
