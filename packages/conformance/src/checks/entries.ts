import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Entry } from '@switchyard/core'

const maker = randomBytes(9).toString('base64url')
let count = 0

/** A version that nobody has used. */
export function newVersion(): string {
  return maker + (count++).toString(36)
}

/** An entry with a new version. Frozen, as a store must not change what it is given. */
export function entryOf(value: string | Uint8Array, expiresAt?: number): Entry {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  const entry = { value: bytes, version: newVersion() }
  return Object.freeze(expiresAt === undefined ? entry : { ...entry, expiresAt })
}

/** The same bytes, version and expiry. */
export function assertEntry(found: Entry | undefined, expected: Entry, what = 'the entry'): void {
  assert.ok(found !== undefined && found !== null, `${what} is missing`)
  assert.ok(found.value instanceof Uint8Array, `the value of ${what} is not a Uint8Array`)
  assertBytes(found.value, expected.value, what)
  assert.equal(found.version, expected.version, `the version of ${what}`)
  assert.equal(found.expiresAt, expected.expiresAt, `the expiry of ${what}`)
}

export function assertBytes(found: Uint8Array, expected: Uint8Array, what = 'the value'): void {
  if (Buffer.compare(found, expected) === 0) return
  assert.fail(`${what} has other bytes: ${show(found)} instead of ${show(expected)}`)
}

/** Undefined itself, and not null or an entry without a value. */
export function assertAbsent(found: unknown, what = 'the entry'): void {
  assert.equal(found, undefined, `${what} is there, or absent in the wrong way`)
}

function show(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 32)).toString('hex')
  return `${bytes.byteLength} bytes (${hex}${bytes.byteLength > 32 ? '...' : ''})`
}
