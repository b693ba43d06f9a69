import { createHash, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import type { Cipher } from './cipher.ts'

/** `FORMAT.md` describes all of this. */
export const MAGIC: Buffer = Buffer.from('SWITCHYARD BACKUP\n')
export const FORMAT = 1
/** Of the header at the most. */
export const MAX_HEADER_BYTES = 65_536
/** Of a block's records: those of about so many bytes share one, and a large one has a block of its own. */
export const BLOCK_BYTES = 262_144
/** No record is as large. */
export const MAX_BLOCK_BYTES = 600_000_000
export const BLOCK_HEADER_BYTES = 17
export const DATA = 1
export const TRAILER = 2

export type Compression = 'zstd' | 'gzip' | 'none'

export interface Header {
  readonly format: number
  readonly createdAt: number
  readonly source?: string
  readonly compression: Compression
  /** Base64; only of an encrypted backup. */
  readonly encryption?: { readonly salt: string; readonly verifier: string }
}

export interface Trailer {
  readonly records: number
  readonly blocks: number
  /** Hex, SHA-256 over the checksums of all blocks before it. */
  readonly digest: string
}

export async function compress(bytes: Buffer, compression: Compression): Promise<Buffer> {
  if (compression === 'none') return bytes
  return compression === 'zstd' ? promisify(zlib.zstdCompress)(bytes) : promisify(zlib.gzip)(bytes)
}

/** @param length what the result must have; more is not even produced */
export async function decompress(bytes: Buffer, compression: Compression, length: number): Promise<Buffer> {
  if (compression === 'none') return bytes
  const options = { maxOutputLength: Math.max(length, 1) }
  const result =
    compression === 'zstd'
      ? await promisify(zlib.zstdDecompress)(bytes, options)
      : await promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)(bytes, options)
  return result
}

/** A block: its header, and its bytes compressed and encrypted. */
export async function sealBlock(
  kind: number,
  sequence: number,
  content: Buffer,
  compression: Compression,
  cipher: Cipher | undefined,
): Promise<Buffer> {
  const packed = await compress(content, compression)
  const header = Buffer.alloc(BLOCK_HEADER_BYTES)
  header.writeUInt8(kind, 0)
  header.writeUInt32LE(sequence, 1)
  header.writeUInt32LE(content.length, 5)
  const payload = cipher === undefined ? packed : cipher.encrypt(packed, sequence, header.subarray(0, 9))
  header.writeUInt32LE(payload.length, 9)
  header.writeUInt32LE(checksum(header, payload), 13)
  return Buffer.concat([header, payload])
}

/** Of everything in a block but the checksum itself. */
export function checksum(header: Buffer, payload: Buffer): number {
  return zlib.crc32(payload, zlib.crc32(header.subarray(0, 13)))
}

export function createDigest(): { add(checksum: number): void; hex(): string } {
  const hash = createHash('sha256')
  return {
    add(one) {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(one)
      hash.update(bytes)
    },
    hex: () => hash.copy().digest('hex'),
  }
}

export function newSalt(): Buffer {
  return randomBytes(16)
}
