import type { Entry } from '@switchyard/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRecord, recordOf } from '../src/record.ts'

const entries = fc
  .record({
    value: fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Buffer.from(text)),
    ),
    version: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    expiresAt: fc.option(fc.integer({ min: 1, max: 8_640_000_000_000_000 }), { nil: undefined }),
  })
  .map(({ expiresAt, ...entry }): Entry => ({ ...entry, ...(expiresAt !== undefined && { expiresAt }) }))

test('an entry comes back from its record as it was', () => {
  fc.assert(
    fc.property(entries, (entry) => {
      const found = readRecord(Buffer.from(recordOf(entry)), 'key')
      expect({ ...found, value: [...found.value] }).toEqual({ ...entry, value: [...entry.value] })
    }),
    { numRuns: 1000 },
  )
})

test.each([
  '',
  ':',
  '::',
  '3',
  '3:',
  '3::',
  '3::ab',
  '3:17',
  '3:17:ab',
  'x::abc',
  '-1::abc',
  ' 1::abc',
  '1.0::abc',
])('what is no record is CORRUPT: %j', (text) => {
  expect(() => readRecord(Buffer.from(text), 'key')).toThrow(
    expect.objectContaining({ code: 'CORRUPT', key: 'key' }),
  )
})
