import { type Codec, codecMismatch } from '../codec.ts'
import { StateError } from '../errors.ts'
import { findLossy, notSerializable } from './lossless.ts'

/** Fails for what is not UTF-8, and takes nothing away. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * JSON text in UTF-8, the default. Refuses what JSON would change: NaN and infinities, undefined,
 * Date, Map, Set, BigInt, class instances, functions, symbols, cycles. (-0 comes back as 0.)
 */
export const jsonCodec: Codec = {
  name: 'json',
  readsJson: true,
  encode(value) {
    let text: string | undefined
    let lossy: string | undefined
    try {
      // The text first, as that finds the cycles.
      text = JSON.stringify(value)
      lossy = findLossy(value)
    } catch (error) {
      throw new StateError('NOT_SERIALIZABLE', `Codec 'json': ${(error as Error).message}`, { cause: error })
    }
    if (lossy !== undefined) throw notSerializable('json', lossy)
    return Buffer.from(text as string)
  },
  decode(bytes) {
    const mark = bytes[0]
    if (mark === undefined || mark < 0x20 || mark >= 0x7f) throw codecMismatch('json', bytes)
    try {
      return JSON.parse(utf8.decode(bytes))
    } catch (error) {
      throw new StateError('CORRUPT', `The value is damaged: ${(error as Error).message}`, { cause: error })
    }
  },
}
