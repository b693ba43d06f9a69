import { expect, test } from 'vitest'
import { mergePatchOf } from '../src/text/merge-patch.ts'

const before = { level: 'info', flags: { a: true, b: false }, custom: { list: [1, 2] } }

test.each([
  ['nothing', before, undefined],
  ['a field', { ...before, level: 'warn' }, { level: 'warn' }],
  ['a field within', { ...before, flags: { a: true, b: true } }, { flags: { b: true } }],
  ['a field that is gone', { ...before, flags: { a: true } }, { flags: { b: null } }],
  ['a new field', { ...before, flags: { a: true, b: false, c: true } }, { flags: { c: true } }],
  ['a list, whole', { ...before, custom: { list: [1] } }, { custom: { list: [1] } }],
])('holds %s', (_, after, patch) => {
  expect(mergePatchOf(before, after)).toEqual(patch)
})
