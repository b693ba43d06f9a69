import { createHash } from 'node:crypto'
import { bytesCodec, type Entry, StateError } from '@switchyard/core'

/**
 * Entries are kept as Keyv keeps its own: JSON with `value` and `expires`, where strings that start with a colon get
 * another one and bytes are ':base64:...'. So Keyv reads what was written here, and what Keyv wrote is read here; it leaves
 * out `version`, and gets one that is made of the content. `exact` tells bytes that are not such a value.
 */
interface Stored {
  readonly value?: unknown
  readonly expires?: number | null
  readonly version?: string
  readonly exact?: true
}

const BASE64 = ':base64:'
const BYTES_MARK = bytesCodec.encode(new Uint8Array()).at(0)

export function pack({ value, version, expiresAt }: Entry): string {
  return JSON.stringify({
    ...packValue(value),
    ...(expiresAt !== undefined && { expires: expiresAt }),
    version,
  })
}

/** @throws StateError `CORRUPT` if neither this package nor Keyv wrote it */
export function unpack(key: string, raw: unknown): Entry | undefined {
  if (raw === undefined || raw === null) return undefined
  const { value, expires, version, exact } = parse(key, raw)
  const entry = {
    value: exact === true ? base64(String(value)) : unpackValue(value),
    version: version ?? `keyv-${createHash('sha256').update(textOf(raw)).digest('hex').slice(0, 24)}`,
  }
  return typeof expires === 'number' ? { ...entry, expiresAt: expires } : entry
}

function packValue(value: Uint8Array): Stored {
  if (value[0] === BYTES_MARK)
    return { value: `${BASE64}${Buffer.from(value.subarray(1)).toString('base64')}` }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
    const parsed: unknown = JSON.parse(text)
    if (JSON.stringify(parsed) === text) return { value: mapStrings(parsed, addColon) }
  } catch {
    // Not JSON.
  }
  return { value: `${BASE64}${Buffer.from(value).toString('base64')}`, exact: true }
}

function unpackValue(value: unknown): Uint8Array {
  if (typeof value === 'string' && value.startsWith(BASE64)) return bytesCodec.encode(base64(value))
  return Buffer.from(JSON.stringify(mapStrings(value, dropColon)))
}

function addColon(text: string): string {
  return text.startsWith(':') ? `:${text}` : text
}

/** Bytes and big integers within a value stay the text that Keyv made of them. */
function dropColon(text: string): string {
  return /^:(?!base64:|bigint:)/.test(text) ? text.slice(1) : text
}

/** Not a replacer of JSON's: that would call `toJSON` of values that have one. */
function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map))
  if (typeof value !== 'object' || value === null) return value
  // `fromEntries` defines properties, so that '__proto__' is one like the others.
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, map)]))
}

function base64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(BASE64.length), 'base64'))
}

function textOf(raw: unknown): string {
  if (typeof raw === 'string') return raw
  return raw instanceof Uint8Array ? Buffer.from(raw).toString() : JSON.stringify(raw)
}

function parse(key: string, raw: unknown): Stored {
  try {
    const parsed: unknown = JSON.parse(textOf(raw))
    // Keyv leaves out a value that is undefined.
    if (typeof parsed === 'object' && parsed !== null && 'value' in parsed) return parsed
  } catch {
    // Told below.
  }
  const message = `What the adapter has under '${key}' was written neither by Keyv, with its own serialization and no compression or encryption, nor by this package`
  throw new StateError('CORRUPT', message, { key })
}
