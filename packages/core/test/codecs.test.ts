import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { msgpackCodec } from '../src/codecs/msgpack.ts'
import { bytesCodec, type Codec, defineCodec, jsonCodec, structuredCloneCodec } from '../src/index.ts'

const withCode = (code: string) => expect.objectContaining({ code })

class Money {
  readonly amount = 1
}

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic

describe('every codec', () => {
  const codecs: readonly Codec[] = [jsonCodec, msgpackCodec, structuredCloneCodec]

  test.each(codecs)('$name gives back any JSON value', (codec) => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        // JSON has one zero.
        const expected: unknown = JSON.parse(JSON.stringify(value))
        expect(codec.decode(codec.encode(expected))).toEqual(expected)
      }),
    )
  })

  test.each([jsonCodec, structuredCloneCodec])('$name keeps __proto__ as a name like any other', (codec) => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":true}}')
    const back = codec.decode(codec.encode(value)) as object
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
  })

  const all = [jsonCodec, msgpackCodec, structuredCloneCodec, bytesCodec as Codec]
  const pairs = all.flatMap((one) =>
    all.filter((other) => other !== one).map((other) => [one, other] as const),
  )

  test.each(pairs)('what %o wrote is not read by %o', (writer, reader) => {
    const written = writer.encode(writer === bytesCodec ? new Uint8Array([1, 2]) : [1, 'x'])
    expect(() => reader.decode(written)).toThrow(withCode('CODEC_MISMATCH'))
    expect(() => reader.decode(written)).toThrow(writer.name)
  })
})

describe('JSON', () => {
  test.each([
    ['NaN', { a: [1, Number.NaN] }, 'value.a[1]: NaN'],
    ['infinity', Number.POSITIVE_INFINITY, 'value: Infinity'],
    ['undefined in an object', { a: undefined }, 'value.a: undefined'],
    ['undefined in an array', [undefined], 'value[0]: undefined'],
    ['a hole', new Array(1), 'value[0]: undefined'],
    ['a Date', { at: new Date(0) }, 'value.at: an instance of Date'],
    ['a Map', new Map(), 'an instance of Map'],
    ['a class', { price: new Money() }, 'value.price: an instance of Money'],
    ['a function', { f: () => 1 }, 'value.f: a function'],
    ['a property named by a symbol', { [Symbol('s')]: 1 }, 'symbol'],
    ['a BigInt', { n: 1n }, 'BigInt'],
    ['a cycle', cyclic, 'circular'],
    ['a typed array', new Uint8Array(2), 'an instance of Uint8Array'],
  ])('refuses %s and says where it is', (_, value, where) => {
    expect(() => jsonCodec.encode(value)).toThrow(withCode('NOT_SERIALIZABLE'))
    expect(() => jsonCodec.encode(value)).toThrow(where)
  })

  test('is plain text in the store', () => {
    expect(Buffer.from(jsonCodec.encode({ a: 'ü' })).toString()).toBe('{"a":"ü"}')
  })

  test('damaged text is CORRUPT', () => {
    expect(() => jsonCodec.decode(Buffer.from('{"a":'))).toThrow(withCode('CORRUPT'))
  })
})

describe('bytes', () => {
  test('come back exactly, and share nothing with what was given', () => {
    const given = new Uint8Array([0, 1, 255])
    const stored = bytesCodec.encode(given)
    given[0] = 9
    const first = bytesCodec.decode(stored)
    first[1] = 9
    expect([...bytesCodec.decode(stored)]).toEqual([0, 1, 255])
  })

  test('are a Uint8Array or refused', () => {
    expect(() => bytesCodec.encode('text' as never)).toThrow(withCode('NOT_SERIALIZABLE'))
  })
})

describe('MessagePack', () => {
  test('keeps dates, bytes and numbers that JSON has not', () => {
    const value = {
      at: new Date(5),
      bytes: new Uint8Array([1, 2]),
      n: [Number.NaN, Number.NEGATIVE_INFINITY],
    }
    const back = msgpackCodec.decode(msgpackCodec.encode(value)) as typeof value
    expect(back.at).toEqual(value.at)
    expect([...back.bytes]).toEqual([1, 2])
    expect(back.n).toEqual(value.n)
  })

  test.each([[new Map()], [{ a: undefined }], [1n], [new Money()], [new Date(Number.NaN)], [cyclic]])(
    'refuses %o',
    (value) => {
      expect(() => msgpackCodec.encode(value)).toThrow(withCode('NOT_SERIALIZABLE'))
    },
  )

  test('damaged bytes are CORRUPT', () => {
    expect(() => msgpackCodec.decode(new Uint8Array([2, 0xdc]))).toThrow(withCode('CORRUPT'))
  })
})

describe('structured clone', () => {
  test('keeps what the algorithm keeps', () => {
    const value = {
      map: new Map<unknown, unknown>([[{ key: 1 }, new Set([1n])]]),
      at: new Date(7),
      nothing: undefined,
      expression: /a+/gi,
      numbers: new Float64Array([1.5]),
      error: new RangeError('far'),
    }
    expect(structuredCloneCodec.decode(structuredCloneCodec.encode(value))).toEqual(value)
    const back = structuredCloneCodec.decode(structuredCloneCodec.encode(cyclic)) as typeof cyclic
    expect(back.self).toBe(back)
  })

  test.each([
    [new Money()],
    [{ deep: [new Money()] }],
    [new Map([['m', new Money()]])],
    [() => 1],
    [Symbol('s')],
    [Object.assign(new Error('e'), { code: 'E' })],
    [Object.assign(new (class Custom extends Error {})('e'))],
  ])('refuses %o', (value) => {
    expect(() => structuredCloneCodec.encode(value)).toThrow(withCode('NOT_SERIALIZABLE'))
  })
})

describe('a codec of one’s own', () => {
  const hex = defineCodec<string>({
    name: 'hex',
    mark: 0x80,
    encode: (text) => Buffer.from(text, 'hex'),
    decode: (bytes) => Buffer.from(bytes).toString('hex'),
  })

  test('is marked like the others', () => {
    expect(hex.decode(hex.encode('c0ffee'))).toBe('c0ffee')
    expect(() => hex.decode(jsonCodec.encode(1))).toThrow(withCode('CODEC_MISMATCH'))
    expect(() => jsonCodec.decode(hex.encode('00'))).toThrow('0x80')
  })

  test.each([0, 0x01, 0x7f, 0x100, 1.5])('cannot have the mark %s', (mark) => {
    expect(() => defineCodec({ ...hex, mark })).toThrow(withCode('INVALID_OPTIONS'))
  })

  test('what it throws becomes an error of the state', () => {
    const fail = () => {
      throw new Error('no')
    }
    const codec = defineCodec<unknown>({ name: 'bad', mark: 0x81, encode: fail, decode: fail })
    expect(() => codec.encode(1)).toThrow(withCode('NOT_SERIALIZABLE'))
    expect(() => codec.decode(new Uint8Array([0x81]))).toThrow(withCode('CORRUPT'))
  })
})
