import { asApiError } from '../../api/api-error.ts'
import { request, requestJson, valueUrl } from '../../api/request.ts'
import { formatJson, readable } from '../../text/json-text.ts'

/** What is stored under a key. */
export interface Entry {
  readonly version: string
  readonly contentType: string
  readonly bytes: Uint8Array
  /** For people: JSON is indented; undefined if it is no text. */
  readonly text: string | undefined
  /** Unix ms by the server's clock. */
  readonly expiresAt: number | undefined
}

/** What becomes of the expiry when a value is saved. */
export type Expiry =
  | { readonly kind: 'keep' }
  | { readonly kind: 'never' }
  | { readonly kind: 'ttl'; readonly ttl: string }

export interface Write {
  readonly text: string
  readonly contentType: string
  readonly expiry: Expiry
  /** Only if this is the present version; null: only if there is none. */
  readonly ifVersion: string | null
}

/** Larger ones are not edited in a text field. */
const MAX_EDITED_BYTES = 512 * 1024

/** Undefined if there is no such key. */
export async function readEntry(key: string, signal?: AbortSignal): Promise<Entry | undefined> {
  // Browsers log every 404 as an error; of the keys with a prefix, that which is the prefix is the first.
  const query = new URLSearchParams({ prefix: key, limit: '1' })
  const { keys } = await requestJson<{ keys: readonly string[] }>('GET', `v1/state?${query}`, { signal })
  if (keys[0] !== key) return undefined
  let response: Response
  try {
    response = await request('GET', valueUrl(key), { headers: { accept: '*/*' }, signal })
  } catch (thrown) {
    if (asApiError(thrown).code === 'NOT_FOUND') return undefined
    throw thrown
  }
  const contentType = response.headers.get('content-type') ?? 'application/octet-stream'
  const expires = response.headers.get('expires-at')
  const bytes = new Uint8Array(await response.arrayBuffer())
  return {
    version: versionOf(response),
    contentType,
    bytes,
    text: textOf(bytes, contentType),
    expiresAt: expires === null ? undefined : Date.parse(expires),
  }
}

/** @throws ApiError with status 412 if the version is another by now */
export async function writeEntry(
  key: string,
  { text, contentType, expiry, ifVersion }: Write,
): Promise<void> {
  const query = {
    keep: '?keepTtl=true',
    never: '',
    ttl: expiry.kind === 'ttl' ? `?ttl=${encodeURIComponent(expiry.ttl)}` : '',
  }
  await request(
    'PUT',
    valueUrl(key) + (ifVersion === null && expiry.kind === 'keep' ? '' : query[expiry.kind]),
    {
      headers: { 'content-type': contentType, ...condition(ifVersion) },
      body: isJson(contentType) ? formatJson(text, 0) : text,
    },
  )
}

/** @throws ApiError with status 412 if the version is another by now */
export async function deleteEntry(key: string, version: string): Promise<void> {
  await request('DELETE', valueUrl(key), { headers: condition(version) })
}

export function isJson(contentType: string): boolean {
  return /^application\/json\b/.test(contentType)
}

/** What a text field would not give back as it was. */
export function cannotBeEdited({ bytes, text }: Entry): string | undefined {
  if (text === undefined) return 'It is not text.'
  if (bytes.length > MAX_EDITED_BYTES) return 'It is too large for this editor.'
  return text.includes('\r') ? 'It has carriage returns, which this editor would not keep.' : undefined
}

function condition(version: string | null): Record<string, string> {
  return version === null ? { 'if-none-match': '*' } : { 'if-match': `"${version}"` }
}

function versionOf(response: Response): string {
  return (response.headers.get('etag') ?? '').replace(/^(?:W\/)?"(.*)"$/, '$1')
}

/** Characters that a text field cannot show: controls other than tabs and line ends. */
const CONTROL = /(?![\t\n\r])\p{Cc}/u

function textOf(bytes: Uint8Array, contentType: string): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (isJson(contentType)) return readable(text)
    return CONTROL.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
