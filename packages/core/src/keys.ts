import { StateError } from './errors.ts'

/** UTF-8 bytes of the longest key, its namespace included. */
export const MAX_KEY_BYTES = 1024

/** @throws StateError `INVALID_KEY` unless it is 1 to `maxBytes` bytes of well-formed Unicode without NUL. */
export function checkKey(key: string, maxBytes: number = MAX_KEY_BYTES): void {
  if (typeof key !== 'string')
    throw invalid(key, `must be a string, not ${key === null ? 'null' : typeof key}`)
  if (key.length === 0) throw invalid(key, 'must not be empty')
  checkText(key, maxBytes)
}

/** As {@link checkKey}, but the empty prefix is one. */
export function checkPrefix(prefix: string, maxBytes: number = MAX_KEY_BYTES): void {
  if (typeof prefix !== 'string') throw invalid(prefix, `(a prefix) must be a string, not ${typeof prefix}`)
  checkText(prefix, maxBytes)
}

function checkText(text: string, maxBytes: number): void {
  // A UTF-16 unit takes at most three bytes, so short text need not be measured.
  if (text.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(text)
    if (bytes > maxBytes) throw invalid(text, `has ${bytes} bytes; the limit is ${maxBytes}`)
  }
  if (!text.isWellFormed()) throw invalid(text, 'is not well-formed Unicode (a lone surrogate)')
  if (text.includes('\0')) throw invalid(text, 'contains NUL')
}

function invalid(key: unknown, reason: string): StateError {
  const text = typeof key === 'string' ? key : String(key)
  const shown = text.length > 64 ? `${text.slice(0, 64)}...` : text
  return new StateError('INVALID_KEY', `Key ${JSON.stringify(shown)} ${reason}`, { key: text })
}

/**
 * Compares by UTF-8 bytes, as an `ordered` store lists. JavaScript's own order differs from it
 * where a surrogate pair meets U+E000 to U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? byCodePoint(x) - byCodePoint(y) : x - y
  }
  return a.length - b.length
}

function byCodePoint(unit: number): number {
  return unit >= 0xe000 ? unit - 0x2000 : unit + 0x2000
}
