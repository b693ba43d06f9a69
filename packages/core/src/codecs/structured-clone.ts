import { deserialize, serialize } from 'node:v8'
import { type Codec, MARKS, markedCodec } from '../codec.ts'
import { notSerializable } from './lossless.ts'

/** Classes whose instances the structured clone algorithm gives back as they were. */
const CLONED: ReadonlySet<unknown> = new Set<unknown>([
  ...[Object, Array, Map, Set, Date, RegExp, Boolean, Number, String, BigInt],
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
  ...[ArrayBuffer, DataView, Buffer, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array],
  ...[Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array],
])

/**
 * What the structured clone algorithm keeps: Map, Set, Date, RegExp, BigInt, undefined, typed arrays,
 * Error, cycles. Refuses functions, symbols and instances of other classes. Larger than JSON for
 * small values; the bytes can be read by this and later versions of Node.
 */
export const structuredCloneCodec: Codec = markedCodec<unknown>({
  name: 'structured-clone',
  mark: MARKS.structuredClone,
  encode(value) {
    const lossy = findUncloned(value, new Set())
    if (lossy !== undefined) throw notSerializable('structured-clone', lossy)
    return serialize(value)
  },
  decode: (bytes) => deserialize(bytes) as unknown,
})

function findUncloned(value: unknown, seen: Set<object>): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return `: a ${typeof value}`
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined
  seen.add(value)
  const made: unknown = Object.getPrototypeOf(value)?.constructor
  if (made !== undefined && !CLONED.has(made)) return `: an instance of ${(made as { name: string }).name}`
  if (ArrayBuffer.isView(value)) return undefined
  if (value instanceof Map || value instanceof Set) {
    for (const item of value instanceof Map ? [...value.keys(), ...value.values()] : value) {
      const found = findUncloned(item, seen)
      if (found !== undefined) return ` (in its ${value instanceof Map ? 'Map' : 'Set'})${found}`
    }
  }
  for (const [name, property] of Object.entries(value)) {
    if (value instanceof Error && name !== 'cause') return `.${name}: a property added to an Error`
    const found = findUncloned(property, seen)
    if (found !== undefined) return `.${name}${found}`
  }
  return Object.getOwnPropertySymbols(value).length === 0 ? undefined : ': a property named by a symbol'
}
