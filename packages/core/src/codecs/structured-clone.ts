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
  mark: MARKS['structured-clone'],
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
  const prototype: unknown = Object.getPrototypeOf(value)
  const made =
    prototype === null
      ? undefined
      : (prototype as { readonly constructor: { readonly name: string } }).constructor
  // Only a prototype that is a class's own tells the truth: any object can have a property `constructor`.
  if (made !== undefined && !CLONED.has(made)) return `: an instance of ${made.name}`
  if (ArrayBuffer.isView(value)) return undefined
  if (value instanceof Map || value instanceof Set) {
    for (const item of value instanceof Map ? [...value.keys(), ...value.values()] : value) {
      const found = findUncloned(item, seen)
      if (found !== undefined) return ` (in its ${value instanceof Map ? 'Map' : 'Set'})${found}`
    }
  }
  const isContainer = made === undefined || made === Object || Array.isArray(value)
  for (const [name, property] of Object.entries(value)) {
    if (!isContainer && !(value instanceof String))
      return `.${name}: a property added to an instance of ${made.name}`
    const found = findUncloned(property, seen)
    if (found !== undefined) return `.${name}${found}`
  }
  return Object.getOwnPropertySymbols(value).length === 0 ? undefined : ': a property named by a symbol'
}
