import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareKeys, MAX_KEY_BYTES } from '../src/index.ts'
import { checkKey, checkPrefix } from '../src/keys.ts'
import { codeOf, failureOf, testState } from './test-state.ts'

/** Any well-formed text, with the ranges where UTF-16 and UTF-8 differ in order well represented. */
const unicode = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.integer({ min: 0xd000, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0xe000, max: 0xffff }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0x10000, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom('a', 'b'),
  ),
  maxLength: 6,
})

describe('a key', () => {
  it.each([
    'a',
    ' ',
    '__proto__',
    '.',
    '..',
    'a/b\\c',
    '%00',
    '*',
    'a:b',
    '\u0001',
    '\ufeff',
    '😀',
    'é',
    'é',
  ])('may be %j', (key) => expect(() => checkKey(key)).not.toThrow())

  it.each([
    ['empty', ''],
    ['with NUL', 'a\0b'],
    ['with a lone high surrogate', 'a\ud800'],
    ['with a lone low surrogate', '\udc00a'],
    ['with surrogates in the wrong order', '\udc00\ud800'],
  ])('must not be %s', async (_, key) => {
    expect(await failureOf(() => checkKey(key))).toMatchObject({ code: 'INVALID_KEY', key })
  })

  it.each([
    ['a number', 1],
    ['null', null],
    ['undefined', undefined],
    ['an object', {}],
    ['a symbol', Symbol('x')],
  ])('must not be %s', async (_, key) => {
    expect(await codeOf(() => checkKey(key as never))).toBe('INVALID_KEY')
  })

  it.each([
    ['1 byte each', 'a', 1024],
    ['2 bytes each', 'é', 512],
    ['3 bytes each', '€', 341],
    ['4 bytes each', '😀', 256],
  ])('may have 1,024 bytes and not one more: characters of %s', async (_, character, most) => {
    expect(MAX_KEY_BYTES).toBe(1024)
    expect(() => checkKey(character.repeat(most))).not.toThrow()
    const error = await failureOf(() => checkKey(character.repeat(most + 1)))
    expect(error.code).toBe('INVALID_KEY')
    expect(error.message).toContain('1024')
  })

  it('is limited by bytes exactly as UTF-8 counts them', () => {
    fc.assert(
      fc.property(unicode, fc.integer({ min: 1, max: 30 }), (key, most) => {
        fc.pre(key !== '' && !key.includes('\0'))
        const check = expect(() => checkKey(key, most))
        if (Buffer.byteLength(key) <= most) check.not.toThrow()
        else check.toThrow(/the limit is/)
      }),
    )
  })

  it('is shortened in messages, and whole in the error', async () => {
    const key = `${'x'.repeat(2000)}`
    const error = await failureOf(() => checkKey(key))
    expect(error.message.length).toBeLessThan(200)
    expect(error.key).toBe(key)
  })

  it('counts with its namespace', async () => {
    const { state } = await testState()
    const inner = state.namespace('n')
    await inner.set('k'.repeat(1022), 1)
    expect(await codeOf(() => inner.set('k'.repeat(1023), 1))).toBe('INVALID_KEY')
    expect(await codeOf(() => inner.set('', 1))).toBe('INVALID_KEY')
  })
})

describe('a prefix', () => {
  it('may be empty, and else follows the rules for keys', async () => {
    expect(() => checkPrefix('')).not.toThrow()
    expect(() => checkPrefix('a*')).not.toThrow()
    for (const prefix of ['\0', '\ud800', 'x'.repeat(1025), 5, null]) {
      expect(await codeOf(() => checkPrefix(prefix as string))).toBe('INVALID_KEY')
    }
  })
})

describe('compareKeys', () => {
  it('orders any two keys as their UTF-8 bytes', () => {
    fc.assert(
      fc.property(unicode, unicode, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
      { numRuns: 2000 },
    )
  })

  it('orders keys that share a beginning as their UTF-8 bytes', () => {
    fc.assert(
      fc.property(unicode, unicode, unicode, (start, a, b) => {
        const [x, y] = [start + a, start + b]
        expect(Math.sign(compareKeys(x, y))).toBe(Buffer.compare(Buffer.from(x), Buffer.from(y)))
      }),
      { numRuns: 2000 },
    )
  })

  it("puts U+FFFF before an emoji, which JavaScript's own order does not", () => {
    expect(compareKeys('\uffff', '😀')).toBeLessThan(0)
    expect('\uffff' < '😀').toBe(false)
  })
})
