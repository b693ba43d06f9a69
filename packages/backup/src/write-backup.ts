import { crc32 } from 'node:zlib'
import { StateError } from '@switchyard/core'
import { type Cipher, createCipher } from './cipher.ts'
import { fileError } from './errors.ts'
import {
  BLOCK_BYTES,
  createDigest,
  DATA,
  FORMAT,
  type Header,
  MAGIC,
  newSalt,
  sealBlock,
  TRAILER,
  type Trailer,
} from './format.ts'
import type { BackupInfo, WriteBackupOptions } from './options.ts'
import { type BackupRecord, packRecord } from './record.ts'
import { openTemporaryFile, type TemporaryFile } from './temporary-file.ts'

/** A backup that is being written. It has its name only once it is finished; until then nothing is there. */
export interface BackupWriter {
  /** Resolves when more can be taken. */
  write(records: readonly BackupRecord[]): Promise<void>
  /** Puts it durably in its place. */
  finish(): Promise<BackupInfo>
  /** Removes what was written. */
  abort(): Promise<void>
}

/** @throws StateError `CONFLICT` if the file is there and may not be replaced */
export async function createBackupWriter(
  path: string,
  options: WriteBackupOptions = {},
): Promise<BackupWriter> {
  const { compression = 'zstd', key, overwrite = false, source, signal } = options
  const salt = newSalt()
  const cipher = key === undefined ? undefined : await createCipher(key, salt)
  const header: Header = {
    format: FORMAT,
    createdAt: Date.now(),
    ...(source !== undefined && { source }),
    compression,
    ...(cipher && {
      encryption: { salt: salt.toString('base64'), verifier: cipher.verifier.toString('base64') },
    }),
  }
  let file: TemporaryFile
  try {
    file = await openTemporaryFile(path, overwrite)
  } catch (error) {
    throw fileError(error, path)
  }
  return startWriting({ path, file, header, cipher, signal })
}

interface Writing {
  readonly path: string
  readonly file: TemporaryFile
  readonly header: Header
  readonly cipher: Cipher | undefined
  readonly signal: AbortSignal | undefined
}

async function startWriting(writing: Writing): Promise<BackupWriter> {
  const { path, file, header, cipher, signal } = writing
  const digest = createDigest()
  let records = 0
  let blocks = 0
  let bytes = 0
  let pending: Buffer[] = []
  let pendingBytes = 0

  async function append(content: Buffer): Promise<void> {
    signal?.throwIfAborted()
    for (let at = 0; at < content.length; ) at += (await file.handle.write(content, at)).bytesWritten
    bytes += content.length
  }

  async function appendBlock(kind: number, content: Buffer): Promise<void> {
    const block = await sealBlock(kind, blocks, content, header.compression, cipher)
    digest.add(block.readUInt32LE(13))
    blocks++
    await append(block)
  }

  async function flush(): Promise<void> {
    if (pendingBytes === 0) return
    const content = Buffer.concat(pending)
    pending = []
    pendingBytes = 0
    await appendBlock(DATA, content)
  }

  let last: Promise<unknown> = Promise.resolve()

  /** Calls follow one another, as blocks are numbered; whatever fails ends them all and leaves no file behind. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work).catch(async (error) => {
      await file.discard()
      throw fileError(signal?.aborted === true ? aborted(signal) : error, path)
    })
    // It is met by who waits for this call, and by each that follows.
    result.catch(() => undefined)
    last = result
    return result
  }

  await inTurn(() => append(packHeader(header)))
  return {
    write: (added) =>
      inTurn(async () => {
        for (const record of added) {
          const packed = packRecord(record)
          if (pendingBytes > 0 && pendingBytes + packed.length > BLOCK_BYTES) await flush()
          pending.push(packed)
          pendingBytes += packed.length
          records++
        }
      }),
    finish: () =>
      inTurn(async () => {
        await flush()
        const trailer: Trailer = { records, blocks, digest: digest.hex() }
        await appendBlock(TRAILER, Buffer.from(JSON.stringify(trailer)))
        await file.place()
        const { createdAt, source, compression } = header
        const encrypted = cipher !== undefined
        return { createdAt, ...(source !== undefined && { source }), compression, encrypted, bytes, records }
      }),
    abort: () => file.discard(),
  }
}

function packHeader(header: Header): Buffer {
  const text = Buffer.from(JSON.stringify(header))
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32LE(text.length, 0)
  sizes.writeUInt32LE(crc32(text), 4)
  return Buffer.concat([MAGIC, sizes, text])
}

function aborted(signal: AbortSignal): StateError {
  return new StateError('ABORTED', 'The backup was given up', { cause: signal.reason })
}
