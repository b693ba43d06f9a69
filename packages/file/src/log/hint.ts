import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { replaceFile } from '@switchyard/core'
import { corrupt } from '../errors.ts'
import { deletion, isDeletion, type LocatedChange } from './located-change.ts'
import type { Segment } from './segment.ts'

/**
 * Beside a segment that is not written to any more: its changes without their values, so that opening need not read
 * those. It can always be made again from the segment, and counts for nothing if anything about it is wrong.
 *
 *     4 bytes  mark; 8 bytes  size of the segment (a double); 4 bytes  CRC-32 of what follows, then of the size
 *     changes: 1 byte kind, 2 bytes key, then of a set 2 bytes version, 8 bytes expiry (NaN: none),
 *              8 bytes offset (a double), 4 bytes length and 4 bytes CRC-32 of the value; 4 bytes in the segment
 */
const MARK = 0x31_74_6e_68
const HEADER_BYTES = 16
const SET = 1
const DELETION = 3

export const hintFile = (segmentFile: string): string => segmentFile.replace(/\.log$/, '.hint')

export async function writeHint(
  segmentFile: string,
  size: number,
  changes: Iterable<LocatedChange>,
): Promise<void> {
  const parts: Buffer[] = []
  for (const change of changes) parts.push(pack(change))
  const body = Buffer.concat(parts)
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  header.writeUInt32LE(MARK, 0)
  header.writeDoubleLE(size, 4)
  header.writeUInt32LE(crc32(header.subarray(4, 12), crc32(body)), 12)
  await replaceFile(hintFile(segmentFile), Buffer.concat([header, body]))
}

/**
 * What there is to {@link unpackHint}, if there is a sound hint for a segment of this size.
 *
 * @throws StateError `CORRUPT` if the segment was larger when its hint was written: that was synced
 */
export async function readHint(segmentFile: string, size: number): Promise<Buffer | undefined> {
  let data: Buffer
  try {
    data = await readFile(hintFile(segmentFile))
  } catch {
    // The segment itself has everything, and says what is wrong with the disk.
    return undefined
  }
  const body = data.subarray(HEADER_BYTES)
  const isSound =
    data.length >= HEADER_BYTES &&
    data.readUInt32LE(0) === MARK &&
    data.readUInt32LE(12) === crc32(data.subarray(4, 12), crc32(body))
  if (!isSound) return undefined
  const hinted = data.readDoubleLE(4)
  if (hinted > size) throw corrupt(segmentFile, size, `it ends there, and had ${hinted} bytes`)
  return hinted === size ? body : undefined
}

export function* unpackHint(body: Buffer, segment: Segment): Iterable<LocatedChange> {
  let at = 0
  const text = (): string => {
    const length = body.readUInt16LE(at)
    at += 2 + length
    return body.toString('utf8', at - length, at)
  }
  while (at < body.length) {
    const kind = body[at++]
    const key = text()
    const bytes = body.readUInt32LE(at)
    at += 4
    if (kind === DELETION) {
      yield deletion(key, segment, bytes)
      continue
    }
    const version = text()
    const expiry = body.readDoubleLE(at)
    const expiresAt = Number.isNaN(expiry) ? undefined : expiry
    const offset = body.readDoubleLE(at + 8)
    const length = body.readUInt32LE(at + 16)
    const crc = body.readUInt32LE(at + 20)
    at += 24
    yield { key, version, expiresAt, segment, offset, length, crc, bytes }
  }
}

function pack(change: LocatedChange): Buffer {
  const keyText = Buffer.from(change.key)
  const versionText = Buffer.from(change.version)
  const isSet = !isDeletion(change)
  const part = Buffer.allocUnsafe(7 + keyText.length + (isSet ? 26 + versionText.length : 0))
  let at = part.writeUInt8(isSet ? SET : DELETION, 0)
  at = part.writeUInt16LE(keyText.length, at)
  at += keyText.copy(part, at)
  at = part.writeUInt32LE(change.bytes, at)
  if (!isSet) return part
  at = part.writeUInt16LE(versionText.length, at)
  at += versionText.copy(part, at)
  at = part.writeDoubleLE(change.expiresAt ?? Number.NaN, at)
  at = part.writeDoubleLE(change.offset, at)
  at = part.writeUInt32LE(change.length, at)
  part.writeUInt32LE(change.crc, at)
  return part
}
