import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { isStateError, StateError } from '@switchyard/core'
import { type Cipher, createCipher } from './cipher.ts'
import { damaged, fileError, notReadable } from './errors.ts'
import {
  BLOCK_HEADER_BYTES,
  checksum,
  createDigest,
  DATA,
  decompress,
  FORMAT,
  type Header,
  MAGIC,
  MAX_BLOCK_BYTES,
  MAX_HEADER_BYTES,
  TRAILER,
  type Trailer,
} from './format.ts'
import type { BackupInfo, ReadBackupOptions } from './options.ts'
import { type BackupRecord, unpackRecords } from './record.ts'

/**
 * The records of a backup, a block at a time. What is yielded is as it was written; whether the backup is whole is known only
 * when this ends without an error: {@link checkBackup} first.
 *
 * @throws StateError `CORRUPT` with file, place and reason, `INCOMPATIBLE` for a newer format, `INVALID_OPTIONS` for a
 *   missing or wrong key
 */
export async function* readBackup(
  path: string,
  options: ReadBackupOptions = {},
): AsyncGenerator<readonly BackupRecord[], BackupInfo, undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw fileError(error, path)
  }
  try {
    return yield* readBlocks(path, file, options)
  } catch (error) {
    throw fileError(error, path)
  } finally {
    await file.close()
  }
}

/** Reads all of a backup and tells what is in it. @throws StateError as {@link readBackup} */
export async function checkBackup(path: string, options: ReadBackupOptions = {}): Promise<BackupInfo> {
  const records = readBackup(path, options)
  for (;;) {
    const next = await records.next()
    if (next.done === true) return next.value
  }
}

async function* readBlocks(
  path: string,
  file: FileHandle,
  { key, signal }: ReadBackupOptions,
): AsyncGenerator<readonly BackupRecord[], BackupInfo, undefined> {
  const { size } = await file.stat()
  let offset = 0

  async function take(length: number, what: string): Promise<Buffer> {
    if (offset + length > size) throw damaged(path, offset, `${what} is cut off`)
    const bytes = Buffer.alloc(length)
    for (let at = 0; at < length; ) {
      const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
      if (bytesRead === 0) throw damaged(path, offset + at, `${what} is cut off`)
      at += bytesRead
    }
    offset += length
    return bytes
  }

  const header = await readHeader(path, take)
  const cipher = await cipherOf(header, key)
  const digest = createDigest()
  let records = 0
  for (let sequence = 0; ; sequence++) {
    signal?.throwIfAborted()
    const at = offset
    const block = await readBlock({ path, at, sequence, header, cipher, take })
    if (block.kind === DATA) {
      digest.add(block.checksum)
      const found = unpack(path, at, block.content)
      records += found.length
      yield found
      continue
    }
    checkTrailer(path, at, block.content, { records, blocks: sequence, digest: digest.hex() })
    if (offset !== size) throw damaged(path, offset, `there are ${size - offset} bytes behind its end`)
    const { createdAt, source, compression } = header
    const encrypted = cipher !== undefined
    return {
      createdAt,
      ...(source !== undefined && { source }),
      compression,
      encrypted,
      bytes: size,
      records,
    }
  }
}

type Take = (length: number, what: string) => Promise<Buffer>

async function readHeader(path: string, take: Take): Promise<Header> {
  const magic = await take(MAGIC.length, 'the mark of a backup')
  if (!magic.equals(MAGIC)) throw damaged(path, 0, 'there is not the mark of a backup')
  const sizes = await take(8, 'the header')
  const length = sizes.readUInt32LE(0)
  if (length > MAX_HEADER_BYTES) throw damaged(path, MAGIC.length, 'the header is too long')
  const text = await take(length, 'the header')
  if (crc32(text) !== sizes.readUInt32LE(4))
    throw damaged(path, MAGIC.length, 'the header does not fit its checksum')
  const header = JSON.parse(text.toString()) as Header
  if (header.format !== FORMAT) {
    const what = `the header says format ${header.format}, and this version reads format ${FORMAT}; use a newer one`
    throw notReadable(path, MAGIC.length, what)
  }
  return header
}

async function cipherOf({ encryption }: Header, key: string | undefined): Promise<Cipher | undefined> {
  if (encryption === undefined) return undefined
  if (key === undefined) throw new StateError('INVALID_OPTIONS', 'The backup is encrypted; give its key')
  const cipher = await createCipher(key, Buffer.from(encryption.salt, 'base64'))
  if (!cipher.verifier.equals(Buffer.from(encryption.verifier, 'base64'))) {
    throw new StateError('INVALID_OPTIONS', 'This is not the key that the backup was encrypted with')
  }
  return cipher
}

interface BlockOptions {
  readonly path: string
  readonly at: number
  readonly sequence: number
  readonly header: Header
  readonly cipher: Cipher | undefined
  readonly take: Take
}

async function readBlock({ path, at, sequence, header, cipher, take }: BlockOptions): Promise<{
  readonly kind: number
  readonly content: Buffer
  readonly checksum: number
}> {
  const head = await take(BLOCK_HEADER_BYTES, 'a block')
  const [kind, length, payloadLength] = [head.readUInt8(0), head.readUInt32LE(5), head.readUInt32LE(9)]
  if ((kind !== DATA && kind !== TRAILER) || Math.max(length, payloadLength) > MAX_BLOCK_BYTES) {
    throw damaged(path, at, 'there is no block')
  }
  const payload = await take(payloadLength, 'a block')
  if (checksum(head, payload) !== head.readUInt32LE(13))
    throw damaged(path, at, 'a block does not fit its checksum')
  if (head.readUInt32LE(1) !== sequence)
    throw damaged(path, at, `block ${sequence} is missing or in another place`)
  try {
    const packed = cipher === undefined ? payload : cipher.decrypt(payload, sequence, head.subarray(0, 9))
    const content = await decompress(packed, header.compression, length)
    if (content.length !== length) throw new RangeError(`it has ${content.length} bytes, not ${length}`)
    return { kind, content, checksum: head.readUInt32LE(13) }
  } catch (error) {
    throw damaged(path, at, `a block cannot be decoded (${(error as Error).message})`, error)
  }
}

function unpack(path: string, at: number, content: Buffer): readonly BackupRecord[] {
  try {
    return unpackRecords(content)
  } catch (error) {
    throw isStateError(error) ? error : damaged(path, at, (error as Error).message, error)
  }
}

function checkTrailer(path: string, at: number, content: Buffer, expected: Trailer): void {
  const found = JSON.parse(content.toString()) as Trailer
  for (const field of ['records', 'blocks', 'digest'] as const) {
    if (found[field] === expected[field]) continue
    throw damaged(path, at, `its end tells of ${found[field]} ${field}, and there are ${expected[field]}`)
  }
}
