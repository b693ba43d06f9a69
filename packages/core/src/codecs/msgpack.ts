import { Packr } from 'msgpackr'
import { type Codec, MARKS, markedCodec } from '../codec.ts'
import { findLossy, type Keeps, notSerializable } from './lossless.ts'

/** MessagePack's text is UTF-8; and its decoder renames `__proto__`. */
const KEEPS: Keeps = {
  leaf: isKept,
  text: (text) => text.isWellFormed(),
  name: (name) => name !== '__proto__' && name.isWellFormed(),
}

const packr = new Packr({ useRecords: false, copyBuffers: true })

/**
 * MessagePack: what JSON keeps, and also Uint8Array, Date, NaN and infinities.
 * Smaller than JSON for numbers and bytes. Needs the package `msgpackr` beside this one.
 */
export const msgpackCodec: Codec = markedCodec<unknown>({
  name: 'msgpack',
  mark: MARKS.msgpack,
  encode(value) {
    const lossy = findLossy(value, KEEPS)
    if (lossy !== undefined) throw notSerializable('msgpack', lossy)
    return packr.pack(value)
  },
  decode: (bytes) => packr.unpack(bytes) as unknown,
})

function isKept(leaf: unknown): boolean {
  if (typeof leaf === 'number') return true
  if (leaf instanceof Date) return !Number.isNaN(leaf.getTime()) && Object.keys(leaf).length === 0
  return leaf instanceof Uint8Array && leaf.constructor === Uint8Array
}
