import type { Segment } from './segment.ts'

/** The length of the value that a deletion has not. */
const NO_VALUE = -1

/** A change in a segment, and where its value is: all that is known of a key without a look at the disk. */
export interface LocatedChange {
  readonly key: string
  readonly version: string
  readonly expiresAt: number | undefined
  /** Another one after a compaction, and so is the offset. */
  segment: Segment
  /** Of the value. */
  offset: number
  /** Bytes of the value, -1 of a deletion. */
  readonly length: number
  /** CRC-32 of the value. */
  readonly crc: number
  /** Bytes that the change takes in the segment. */
  readonly bytes: number
}

export function isDeletion({ length }: LocatedChange): boolean {
  return length === NO_VALUE
}

export function deletion(key: string, segment: Segment, bytes: number): LocatedChange {
  return { key, version: '', expiresAt: undefined, segment, offset: 0, length: NO_VALUE, crc: 0, bytes }
}
