import { Packr } from 'msgpackr'
import { type Codec, MARKS, markedCodec } from '../codec.ts'
import { findLossy, notSerializable } from './lossless.ts'

const packr = new Packr({ useRecords: false, copyBuffers: true })

/**
 * MessagePack: what JSON keeps, and also Uint8Array, Date, NaN and infinities.
 * Smaller than JSON for numbers and bytes. Needs the package `msgpackr` beside this one.
 */
export const msgpackCodec: Codec = markedCodec<unknown>({
  name: 'msgpack',
  mark: MARKS.msgpack,
  encode(value) {
    const lossy = findLossy(value, isKept)
    if (lossy !== undefined) throw notSerializable('msgpack', lossy)
    return packr.pack(value)
  },
  decode: (bytes) => packr.unpack(bytes) as unknown,
})

function isKept(leaf: unknown): boolean {
  if (typeof leaf === 'number') return true
  if (leaf instanceof Date) return !Number.isNaN(leaf.getTime())
  return leaf instanceof Uint8Array && (leaf.constructor === Uint8Array || leaf.constructor === Buffer)
}
