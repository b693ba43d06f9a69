import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { StateError } from '@switchyard/core'
import { corrupt, fileError } from '../errors.ts'
import type { LocatedChange } from './located-change.ts'

function sync(fd: number): Promise<void> {
  return new Promise((resolve, reject) =>
    fdatasync(fd, (error) => (error === null ? resolve() : reject(error))),
  )
}

/** Written ahead at once. */
const ROOM = Buffer.alloc(1 << 20)

/** Larger values are read without holding up the event loop. */
const LARGE = 65_536

/** One file of the log. Only the last one is written to. */
export interface Segment {
  readonly id: number
  readonly file: string
  readonly size: number
  /** Whether the file is longer than when it was last synced. */
  readonly hasGrown: boolean
  /** Bytes of changes that no key needs any more. */
  dead: number
  /**
   * Appends, and takes back what was written of it if it fails.
   *
   * @throws StateError `READ_ONLY` if that fails as well, else what went wrong
   */
  append(block: Buffer): void
  /**
   * Writes zeros behind the end, where what is appended next will be: a file that does not grow is synced in a fraction
   * of the time. Nothing happens while there is room left, and where the disk has none.
   */
  makeRoom(bytes: number): void
  /** Takes back the room, durably. */
  trim(): void
  /** Without holding up the event loop. */
  sync(): Promise<void>
  syncNow(): void
  /**
   * Small values at once, large ones without holding up the event loop.
   *
   * @throws StateError `CORRUPT` if the value is not what was written
   */
  read(change: LocatedChange): Buffer | Promise<Buffer>
  readNow(change: LocatedChange): Buffer
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
  /** Where the file ends: `size`, and the zeros behind it. */
  let end = size
  let hasGrown = start === 'new'

  function grow(to: number): void {
    end = to
    hasGrown = true
  }

  function checked(value: Buffer, { key, crc }: LocatedChange, offset: number, bytesRead: number): Buffer {
    if (bytesRead === value.length && crc32(value) === crc) return value
    throw corrupt(file, offset, `the value of '${key}' is not what was written`, key)
  }

  function readNow(change: LocatedChange): Buffer {
    const { offset, length } = change
    const value = Buffer.allocUnsafe(length)
    let bytesRead: number
    try {
      bytesRead = readSync(fd, value, 0, length, offset)
    } catch (error) {
      throw fileError(error, file)
    }
    return checked(value, change, offset, bytesRead)
  }

  async function readLarge(change: LocatedChange): Promise<Buffer> {
    // A compaction may put another one in its place meanwhile.
    const { offset, length } = change
    // A handle of its own, so that the segment may be removed meanwhile.
    const handle = await open(file, 'r')
    try {
      const value = Buffer.allocUnsafe(length)
      const { bytesRead } = await handle.read(value, 0, length, offset)
      return checked(value, change, offset, bytesRead)
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
    get hasGrown() {
      return hasGrown
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
          end = at
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
      if (size > end) grow(size)
    },
    makeRoom(bytes) {
      if (end > size) return
      try {
        grow(end + writeSync(fd, ROOM, 0, Math.min(bytes, ROOM.length), size))
      } catch {
        // A full disk is for the next append to tell, which may still fit.
      }
    },
    trim() {
      if (end === size) return
      try {
        ftruncateSync(fd, size)
        fdatasyncSync(fd)
        end = size
      } catch (error) {
        throw fileError(error, file)
      }
    },
    sync() {
      hasGrown = false
      return sync(fd)
    },
    syncNow: () => fdatasyncSync(fd),
    read: (change) => (change.length > LARGE ? readLarge(change) : readNow(change)),
    readNow,
    close: () => closeSync(fd),
  }
}
