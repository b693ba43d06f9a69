import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatJson, readable } from '../src/text/json-text.ts'

test('is indented as JSON.stringify does it, and back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(formatJson(text, 2)).toBe(JSON.stringify(value, undefined, 2))
      expect(formatJson(formatJson(text, 2), 0)).toBe(text)
    }),
  )
})

test('keeps every token as it was written', () => {
  const text = '{"n":12345678901234567890,"e":1.0e5,"s":"a\\u00e9: {\\"}"}'
  expect(formatJson(text, 2)).toBe(
    '{\n  "n": 12345678901234567890,\n  "e": 1.0e5,\n  "s": "a\\u00e9: {\\"}"\n}',
  )
  expect(formatJson(` ${formatJson(text, 4)}\n`, 0)).toBe(text)
})

test('refuses what is not JSON, and shows it as it is', () => {
  expect(() => formatJson('{"a":}', 0)).toThrow(SyntaxError)
  expect(readable('{"a":}')).toBe('{"a":}')
})
