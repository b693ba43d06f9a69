import { isUtf8 } from 'node:buffer'
import { RequestError } from '../problems/request-error.ts'

/** Arrays and objects within each other. Deeper ones break those who walk a value by recursion. */
export const MAX_JSON_DEPTH = 512

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d])
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * The value of a JSON text in UTF-8. A name such as `__proto__` becomes a property like any other.
 *
 * @throws RequestError `MALFORMED_JSON`
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw malformed('the body is empty')
  if (!isUtf8(bytes)) throw malformed('it is not UTF-8')
  if (isTooDeep(bytes)) throw malformed(`it is nested more than ${MAX_JSON_DEPTH} levels deep`)
  try {
    return JSON.parse(bytes.toString())
  } catch (error) {
    throw malformed((error as Error).message)
  }
}

/** The text without the white space around it. */
export function trimJson(bytes: Buffer): Buffer {
  let start = 0
  let end = bytes.length
  while (start < end && SPACE.has(bytes[start] as number)) start++
  while (end > start && SPACE.has(bytes[end - 1] as number)) end--
  return bytes.subarray(start, end)
}

function isTooDeep(bytes: Buffer): boolean {
  if (bytes.length <= MAX_JSON_DEPTH) return false
  let depth = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (inString) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (OPENING.has(byte)) {
      if (++depth > MAX_JSON_DEPTH) return true
    } else if (CLOSING.has(byte)) depth--
  }
  return false
}

function malformed(reason: string): RequestError {
  return new RequestError('MALFORMED_JSON', `Not JSON that can be kept: ${reason}`)
}
