import { StateError } from '@switchyard/core'
import type { RemoteEntry } from './client.ts'
import { jsonText } from './json.ts'
import type { Answer } from './transport.ts'

const JSON_TYPE = 'application/json'
const BYTES_TYPE = 'application/octet-stream'

const utf8 = new TextDecoder()

/** A value as a body. */
export interface Content {
  readonly contentType: string
  readonly body: string | Uint8Array<ArrayBuffer>
}

/** An entry as batches and lists have it: `value` if it is JSON, else `contentType` and `base64`. */
export interface WireEntry {
  readonly key: string
  readonly version: string
  readonly expiresAt?: number
  readonly value?: unknown
  readonly contentType?: string
  readonly base64?: string
}

/** A `Uint8Array` is bytes of some type, everything else is JSON. */
export function contentOf(key: string, value: unknown, contentType: string | undefined): Content {
  if (value instanceof Uint8Array) {
    // It may be changed, or sent again, before all of it is on its way.
    return { contentType: contentType ?? BYTES_TYPE, body: new Uint8Array(value) }
  }
  if (contentType !== undefined && contentType !== JSON_TYPE) {
    const message = `The value of '${key}' has to be a Uint8Array to be kept as ${contentType}`
    throw new StateError('INVALID_OPTIONS', message, { key })
  }
  return { contentType: JSON_TYPE, body: jsonText(value, key) }
}

/** A value within a document. */
export function wireValue(
  key: string,
  value: unknown,
  type?: string,
): Pick<WireEntry, 'value' | 'contentType' | 'base64'> {
  const { contentType, body } = contentOf(key, value, type)
  return typeof body === 'string' ? { value } : { contentType, base64: toBase64(body) }
}

export function entryOfWire<T>({
  value,
  contentType = JSON_TYPE,
  base64,
  version,
  expiresAt,
}: WireEntry): RemoteEntry<T> {
  const content = base64 === undefined ? value : fromBase64(base64)
  const entry = { value: content as T, version, contentType }
  return expiresAt === undefined ? entry : { ...entry, expiresAt }
}

/** @throws StateError `BACKEND_ERROR` unless it is an answer of the server */
export function entryOfAnswer<T>({ headers, body }: Answer, key: string): RemoteEntry<T> {
  const contentType = headers.get('content-type') ?? BYTES_TYPE
  const expiresAt = headers.get('expires-at')
  const version = versionOf(headers, key)
  const value = contentType === JSON_TYPE ? parsed(body, key) : body
  const entry = { value: value as T, version, contentType }
  return expiresAt === null ? entry : { ...entry, expiresAt: Date.parse(expiresAt) }
}

function parsed(body: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(utf8.decode(body))
  } catch {
    return notTheServer(key)
  }
}

/** The version is the ETag, which nothing but the server gives so. */
export function versionOf(headers: Headers, key: string): string {
  const [, version] = /^"(.*)"$/.exec(headers.get('etag') ?? '') ?? []
  return version ?? notTheServer(key)
}

/** @throws StateError `BACKEND_ERROR`, always */
export function notTheServer(key: string): never {
  const message = `The answer for '${key}' is none of the server's: something else answers at this URL`
  throw new StateError('BACKEND_ERROR', message, { key })
}

/** Of a call's arguments; more would be too many for one. */
const CHUNK = 0x8000

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK))
  return btoa(text)
}

function fromBase64(text: string): Uint8Array {
  const characters = atob(text)
  const bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return bytes
}
