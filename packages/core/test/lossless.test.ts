import { inspect, isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { msgpackCodec } from '../src/codecs/msgpack.ts'
import {
  bytesCodec,
  type Codec,
  defineCodec,
  isStateError,
  jsonCodec,
  structuredCloneCodec,
} from '../src/index.ts'
import { codeOf, testState } from './test-state.ts'

/** Fails unless the value comes back the same, or is refused with NOT_SERIALIZABLE. */
function expectKeptOrRefused(codec: Codec, value: unknown): void {
  let bytes: Uint8Array
  try {
    bytes = codec.encode(value)
  } catch (error) {
    if (isStateError(error, 'NOT_SERIALIZABLE')) return
    throw error
  }
  const back = codec.decode(bytes)
  // Not toStrictEqual, which takes a property named 'constructor' for the class.
  expect(isDeepStrictEqual(back, value), inspect({ back, value })).toBe(true)
}

const codecs: readonly Codec[] = [jsonCodec, msgpackCodec, structuredCloneCodec]

describe.each(codecs)('what $name takes', (codec) => {
  it('comes back the same or is refused: every JSON value, with any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', 'constructor', '\ud800', 'a\udc00'),
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
        text,
        fc.array(tie('any'), { maxLength: 4 }),
        fc
          .array(fc.tuple(text, tie('any')), { maxLength: 4 })
          .map((entries) => Object.fromEntries(entries) as unknown),
      ),
    })).any
    fc.assert(
      fc.property(value, (any) => {
        expectKeptOrRefused(codec, any)
      }),
      { numRuns: 1000 },
    )
  })

  class Tags extends Array<string> {}
  it.each<[string, unknown]>([
    ['an instance of a class that extends Array', Tags.of('a')],
    ['an array with a property beside its items', Object.assign([1], { total: 1 })],
    ['a property named __proto__', JSON.parse('{"__proto__":{"a":1}}')],
    ['half a surrogate pair', { text: 'a\ud800b' }],
    ['a Map with a property', Object.assign(new Map([[1, 2]]), { total: 1 })],
    ['a Date with a property', Object.assign(new Date(0), { zone: 'UTC' })],
    ['an object that inherits from another', Object.create({ inherited: 1 })],
    ['a bigint', 10n],
    ['a boxed symbol', Object(Symbol('x'))],
  ])('comes back the same, or is refused: %s', (_, value) => {
    expectKeptOrRefused(codec, value)
  })

  it('comes back the same, or is refused: arrays nested 100,000 deep', () => {
    let deep: unknown = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    let failure: unknown
    try {
      codec.decode(codec.encode(deep))
    } catch (error) {
      failure = error
    }
    expect(failure === undefined || isStateError(failure, 'NOT_SERIALIZABLE')).toBe(true)
  })
})

describe('what a codec decodes', () => {
  it.each<[string, Codec<Uint8Array>]>([
    ['bytes', bytesCodec],
    ['structured-clone', structuredCloneCodec as Codec<Uint8Array>],
    ['msgpack', msgpackCodec as Codec<Uint8Array>],
    ['own', defineCodec({ name: 'own', mark: 0x90, encode: (value) => value, decode: (bytes) => bytes })],
  ])('never shares memory with the stored bytes, be they a Buffer: %s', (_, codec) => {
    const stored = Buffer.from(codec.encode(new Uint8Array([1, 2, 3])))
    const before = [...stored]
    codec.decode(stored).fill(9)
    expect([...stored]).toEqual(before)
  })

  it('is CORRUPT where JSON text is no UTF-8', async () => {
    expect(await codeOf(() => jsonCodec.decode(Buffer.from([0x22, 0xff, 0xfe, 0x22])))).toBe('CORRUPT')
  })

  it('keeps the code of errors from another copy of the package', async () => {
    class OtherCopy extends Error {
      readonly code = 'CODEC_MISMATCH'
      constructor(message?: string) {
        super(message)
        Object.defineProperty(this, Symbol.for('switchyard.StateError'), { value: true })
      }
    }
    const codec = defineCodec<unknown>({
      name: 'own',
      mark: 0x90,
      encode: () => new Uint8Array(),
      decode() {
        throw new OtherCopy('inner')
      },
    })
    expect(await codeOf(() => codec.decode(codec.encode(1)))).toBe('CODEC_MISMATCH')
  })
})

describe('a value that cannot be stored', () => {
  it('is refused with a StateError also where it is nested too deep', async () => {
    const { state } = await testState()
    let deep: unknown = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(await codeOf(() => state.set('deep', deep))).toBe('NOT_SERIALIZABLE')
  })

  it('is refused with NOT_SERIALIZABLE and its key where a codec of one’s own throws', async () => {
    const { state } = await testState()
    const codec = defineCodec<unknown>({
      name: 'own',
      mark: 0x90,
      encode() {
        throw new Error('no')
      },
      decode: (bytes) => bytes,
    })
    await expect(state.namespace('n', { codec }).set('a', 1)).rejects.toMatchObject({
      code: 'NOT_SERIALIZABLE',
      key: 'n:a',
    })
  })
})
