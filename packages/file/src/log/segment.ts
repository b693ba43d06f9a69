import { closeSync, fdatasync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { StateError } from '@switchyard/core'
import { corrupt, fileError } from '../errors.ts'

const sync = promisify(fdatasync)

/** Larger values are read without holding up the event loop. */
const LARGE = 65_536

/** Where a value is. */
export interface Location {
  readonly segment: Segment
  readonly offset: number
  readonly length: number
  readonly crc: number
}

/** One file of the log. Only the last one is written to. */
export interface Segment {
  readonly id: number
  readonly file: string
  readonly size: number
  /** Bytes of changes that no key needs any more. */
  dead: number
  /**
   * Appends, and takes back what was written of it if it fails.
   *
   * @throws StateError `READ_ONLY` if that fails as well, else what went wrong
   */
  append(block: Buffer): void
  sync(): Promise<void>
  /**
   * Small values at once, large ones without holding up the event loop.
   *
   * @throws StateError `CORRUPT` if the value is not what was written
   */
  read(location: Location, key: string): Buffer | Promise<Buffer>
  readNow(location: Location, key: string): Buffer
  close(): void
}

export function segmentFile(folder: string, id: number): string {
  return join(folder, `${String(id).padStart(8, '0')}.log`)
}

export function openSegment(folder: string, id: number, start: 'new' | { readonly size: number }): Segment {
  const file = segmentFile(folder, id)
  let fd: number
  try {
    fd = openSync(file, start === 'new' ? 'wx+' : 'r+', 0o600)
  } catch (error) {
    throw fileError(error, file)
  }
  let size = start === 'new' ? 0 : start.size

  function checked(value: Buffer, { offset, crc }: Location, key: string, bytesRead: number): Buffer {
    if (bytesRead === value.length && crc32(value) === crc) return value
    throw corrupt(file, offset, `the value of '${key}' is not what was written`, key)
  }

  function readNow(location: Location, key: string): Buffer {
    const value = Buffer.allocUnsafe(location.length)
    let bytesRead: number
    try {
      bytesRead = readSync(fd, value, 0, value.length, location.offset)
    } catch (error) {
      throw fileError(error, file)
    }
    return checked(value, location, key, bytesRead)
  }

  async function readLarge(location: Location, key: string): Promise<Buffer> {
    // A handle of its own, so that the segment may be removed meanwhile.
    const handle = await open(file, 'r')
    try {
      const value = Buffer.allocUnsafe(location.length)
      const { bytesRead } = await handle.read(value, 0, value.length, location.offset)
      return checked(value, location, key, bytesRead)
    } catch (error) {
      throw fileError(error, file)
    } finally {
      await handle.close()
    }
  }

  return {
    id,
    file,
    dead: 0,
    get size() {
      return size
    },
    append(block) {
      const at = size
      try {
        for (let written = 0; written < block.length; ) {
          written += writeSync(fd, block, written, block.length - written, at + written)
        }
      } catch (error) {
        // What is left of it would end the log there.
        try {
          ftruncateSync(fd, at)
        } catch (cause) {
          throw new StateError(
            'READ_ONLY',
            `'${file}' could not be brought back to what it was: ${String(cause)}`,
            { cause },
          )
        }
        throw fileError(error, file)
      }
      size += block.length
    },
    sync: () => sync(fd),
    read: (location, key) => (location.length > LARGE ? readLarge(location, key) : readNow(location, key)),
    readNow,
    close: () => closeSync(fd),
  }
}
