import { open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { PluginContext } from '@switchyard/core'
import { UNFINISHED } from '@switchyard/core'
import { corrupt, fileError } from '../errors.ts'
import { blockBytes, changesIn, findBlock, HEADER_BYTES } from './block.ts'
import { hintFile, readHint, unpackHint } from './hint.ts'
import type { LogIndex } from './log-index.ts'
import type { LogManifest } from './manifest.ts'
import { openSegment, type Segment, segmentFile } from './segment.ts'

/** How much of a segment is read at once; a block that is larger is read whole. */
const CHUNK = 4 << 20

/**
 * Opens the segments of the manifest and brings the index to what they say. What follows the last whole block of the
 * last segment was being written when the process or the machine ended, and is cut off with a warning; zeros are the
 * room for what was not written any more.
 *
 * @throws StateError `CORRUPT` where whole blocks follow what is not one: that was not being written
 */
export async function recover(
  folder: string,
  { segments }: LogManifest,
  index: LogIndex,
  { logger, backend }: PluginContext,
): Promise<Segment[]> {
  const opened: Segment[] = []
  try {
    for (const [position, id] of segments.entries()) {
      const file = segmentFile(folder, id)
      const size = await sizeOf(file)
      const hinted = await readHint(file, size)
      if (hinted !== undefined) {
        const segment = openSegment(folder, id, { size })
        opened.push(segment)
        for (const change of unpackHint(hinted, segment)) index.apply(change)
        continue
      }
      const isLast = position === segments.length - 1
      const { sound, torn } = await inspect(file, size, id, isLast)
      if (torn > 0) {
        logger.warn(
          `Backend '${backend}': '${file}' ended in the middle of a write; ${torn} bytes from ${sound} on are cut off`,
        )
      }
      if (sound < size) {
        await truncate(file, sound).catch((error) => {
          throw fileError(error, file)
        })
      }
      const segment = openSegment(folder, id, { size: sound })
      opened.push(segment)
      await eachBlock(file, sound, id, (data, at, bytes, offset) => {
        for (const change of changesIn(data, at, bytes, segment, offset)) index.apply(change)
      })
    }
    countDead(opened, index)
    // Only now is it known that the manifest names what is there.
    await removeLeftovers(folder, segments)
    return opened
  } catch (error) {
    for (const segment of opened) segment.close()
    throw error
  }
}

/** Up to where the segment is whole, and how many bytes of an unfinished write follow; behind those is room. */
async function inspect(
  file: string,
  size: number,
  id: number,
  isLast: boolean,
): Promise<{ readonly sound: number; readonly torn: number }> {
  const sound = await eachBlock(file, size, id, () => undefined)
  if (sound === size) return { sound, torn: 0 }
  if (!isLast) throw corrupt(file, sound, 'there is no whole block of changes')
  const rest = await readFrom(file, sound)
  if (findBlock(rest, 1, id, sound)) {
    throw corrupt(file, sound, 'a block of changes is broken, and whole ones follow')
  }
  return { sound, torn: rest.findLastIndex((byte) => byte !== 0) + 1 }
}

/** Calls for each whole block from the start on, and says where they end. */
async function eachBlock(
  file: string,
  size: number,
  id: number,
  onBlock: (data: Buffer, at: number, bytes: number, offset: number) => void,
): Promise<number> {
  const handle = await open(file, 'r').catch((error) => {
    throw fileError(error, file)
  })
  try {
    let offset = 0
    let wanted = CHUNK
    while (offset < size) {
      const data = Buffer.allocUnsafe(Math.min(wanted, size - offset))
      const { bytesRead } = await handle.read(data, 0, data.length, offset)
      const chunk = data.subarray(0, bytesRead)
      let at = 0
      const whole = (): number | undefined => blockBytes(chunk, at, id, offset)
      for (let bytes = whole(); bytes !== undefined; bytes = whole()) {
        onBlock(chunk, at, bytes, offset + at)
        at += bytes
      }
      if (at === 0) {
        // Either a block larger than the chunk, or the end of what is whole.
        const needed = chunk.length < HEADER_BYTES ? 0 : HEADER_BYTES + chunk.readUInt32LE(2)
        if (needed <= chunk.length || offset + needed > size) return offset
        wanted = needed
        continue
      }
      offset += at
      wanted = CHUNK
    }
    return offset
  } catch (error) {
    throw fileError(error, file)
  } finally {
    await handle.close()
  }
}

/** What the index does not need: hints do not tell of what was dead when they were written. */
function countDead(segments: readonly Segment[], index: LogIndex): void {
  for (const segment of segments) segment.dead = segment.size
  for (const [, { segment, bytes }] of index.entries()) segment.dead -= bytes
}

async function readFrom(file: string, start: number): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const data = Buffer.allocUnsafe(Math.max(size - start, 0))
    const { bytesRead } = await handle.read(data, 0, data.length, start)
    return data.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw corrupt(file, 0, 'it is missing')
    throw fileError(error, file)
  }
}

/** Of a rotation or a compaction that was cut off. */
async function removeLeftovers(folder: string, segments: readonly number[]): Promise<void> {
  const wanted = new Set(
    segments.flatMap((id) => [segmentFile(folder, id), hintFile(segmentFile(folder, id))]),
  )
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    const isOurs = /^\d{8}\.(log|hint)$/.test(name) || name.startsWith(UNFINISHED)
    if (isOurs && !wanted.has(file)) await rm(file, { force: true })
  }
}
