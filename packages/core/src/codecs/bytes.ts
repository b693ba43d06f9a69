import { type Codec, MARKS, markedCodec } from '../codec.ts'
import { StateError } from '../errors.ts'

/** Raw bytes: a Uint8Array (a Buffer is one) in, a Uint8Array out. */
export const bytesCodec: Codec<Uint8Array> = markedCodec({
  name: 'bytes',
  mark: MARKS.bytes,
  encode(value) {
    if (value instanceof Uint8Array) return value
    throw new StateError('NOT_SERIALIZABLE', `Codec 'bytes' takes a Uint8Array, not ${typeof value}`)
  },
  decode: (bytes) => bytes,
})
