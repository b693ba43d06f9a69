import { isStateError, StateError } from './errors.ts'

/**
 * Turns values into the bytes that stores keep, and back.
 *
 * The first byte is the codec's mark, so that bytes written with one codec are never taken for
 * another's: JSON text marks itself (it starts with a printable ASCII character), the other codecs
 * put one byte before their own.
 */
export interface Codec<T = unknown> {
  readonly name: string
  /** Whether it decodes JSON text, among others: then `increment` works beside it. */
  readonly readsJson?: boolean
  /**
   * The bytes, mark included; never an alias of anything in the value.
   *
   * @throws StateError `NOT_SERIALIZABLE` if the value would come back different.
   */
  encode(value: T): Uint8Array
  /**
   * The value; never an alias of the bytes.
   *
   * @throws StateError `CODEC_MISMATCH` for another codec's mark, `CORRUPT` if the bytes make no sense.
   */
  decode(bytes: Uint8Array): T
}

export interface CodecDefinition<T> {
  readonly name: string
  /** The first byte of each value: 0x80 to 0xff, chosen once and never changed. */
  readonly mark: number
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

/**
 * A codec with a mark of its own.
 *
 * @throws StateError `INVALID_OPTIONS` if the mark is not one of those left to users.
 */
export function defineCodec<T>(definition: CodecDefinition<T>): Codec<T> {
  const { name, mark } = definition
  if (!Number.isInteger(mark) || mark < 0x80 || mark > 0xff) {
    throw new StateError('INVALID_OPTIONS', `Codec '${name}': mark ${mark} is not between 0x80 and 0xff`)
  }
  return markedCodec(definition)
}

export function markedCodec<T>({ name, mark, encode, decode }: CodecDefinition<T>): Codec<T> {
  return {
    name,
    encode(value) {
      const payload = wrapping('NOT_SERIALIZABLE', `Codec '${name}' cannot encode the value`, () =>
        encode(value),
      )
      const bytes = new Uint8Array(payload.byteLength + 1)
      bytes[0] = mark
      bytes.set(payload, 1)
      return bytes
    },
    decode(bytes) {
      if (bytes[0] !== mark) throw codecMismatch(name, bytes)
      const message = `The value is damaged: codec '${name}' cannot decode it`
      // A copy: slice() of a Buffer would share its memory.
      return wrapping('CORRUPT', message, () => decode(new Uint8Array(bytes.subarray(1))))
    },
  }
}

export function codecMismatch(expected: string, bytes: Uint8Array): StateError {
  const found = `${codecOf(bytes[0])}, not ${expected}`
  return new StateError('CODEC_MISMATCH', `The value was written with another codec: ${found}`)
}

/** Marks of the codecs of this package. */
export const MARKS = { bytes: 0x01, msgpack: 0x02, 'structured-clone': 0x03 } as const

function codecOf(mark: number | undefined): string {
  if (mark === undefined) return 'none (it is empty)'
  if (mark >= 0x20 && mark < 0x7f) return 'json'
  const own = Object.entries(MARKS).find(([, value]) => value === mark)
  return own?.[0] ?? `one marked 0x${mark.toString(16).padStart(2, '0')}`
}

/** Runs foreign code; its errors become a StateError with this code, unless they are one. */
function wrapping<R>(code: 'NOT_SERIALIZABLE' | 'CORRUPT', message: string, run: () => R): R {
  try {
    return run()
  } catch (error) {
    if (isStateError(error)) throw error
    throw new StateError(code, `${message}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
