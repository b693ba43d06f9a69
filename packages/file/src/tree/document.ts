import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { type Entry, MAX_KEY_BYTES } from '@switchyard/core'
import * as v from 'valibot'
import { broken, corrupt } from '../errors.ts'

/**
 * What is in the file of a key, as JSON that a person can read and edit: the value as JSON where it is that, otherwise
 * as text or in base64; the checksum is over all of it but the layout of the text.
 *
 * The file's time of modification is set to `written`, an even second. So content that does not fit its checksum is an
 * edit if the time is another one, and damage if it is not.
 */
const documentSchema = v.strictObject({
  key: v.pipe(v.string(), v.check(isKey, `is not a key of 1 to ${MAX_KEY_BYTES} bytes`)),
  value: v.optional(v.unknown()),
  text: v.optional(v.string()),
  base64: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => Buffer.from(text, 'base64').toString('base64') === text, 'is not base64'),
    ),
  ),
  expiresAt: v.optional(v.union([v.number(), v.pipe(v.string(), v.isoTimestamp())])),
  version: v.optional(v.string()),
  written: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  checksum: v.optional(v.string()),
})

type Parsed = v.InferOutput<typeof documentSchema>

export interface Document {
  readonly key: string
  readonly entry: Entry
  /** Unix ms: what the file's time of modification was set to. Undefined after an edit. */
  readonly written: number | undefined
}

/** A file's time of modification must be one that every file system and archive can keep. */
export function writtenAt(now: number): number {
  return Math.floor(now / 2000) * 2000
}

export function encodeDocument(key: string, entry: Entry, written: number): string {
  const { value, version, expiresAt } = entry
  const time = new Date(written).toISOString()
  const document = {
    key,
    ...readable(value),
    ...(expiresAt !== undefined && { expiresAt: instant(expiresAt) }),
    version,
    written: time,
    checksum: checksumOf(key, entry, time),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** @throws StateError `CORRUPT` for what is damaged or was edited into something that is not valid */
export function decodeDocument(bytes: Uint8Array, file: string, modified: number): Document {
  const parsed = parse(bytes, file)
  const { key, version, written, checksum } = parsed
  const value = bytesOf(parsed, file)
  const expiresAt = parsed.expiresAt === undefined ? undefined : new Date(parsed.expiresAt).getTime()
  if (Number.isNaN(expiresAt)) throw broken(file, 0, "'expiresAt' is not a time", key)
  const entry = (of: string): Entry =>
    expiresAt === undefined ? { value, version: of } : { value, version: of, expiresAt }
  if (version !== undefined && written !== undefined) {
    const fits = (time: string): boolean => checksumOf(key, entry(version), time) === checksum
    const time = Math.round(modified)
    if (fits(written)) return { key, entry: entry(version), written: Date.parse(written) }
    // Damage to what says when it was written is damage to nothing else.
    if (fits(new Date(time).toISOString())) return { key, entry: entry(version), written: time }
    if (time === Date.parse(written)) {
      throw corrupt(
        file,
        0,
        'it does not fit its checksum, and nobody has edited it since it was written',
        key,
      )
    }
  }
  const hash = createHash('sha256')
    .update(`${expiresAt ?? ''} `)
    .update(value)
    .digest('hex')
  return { key, entry: entry(`edited-${hash.slice(0, 24)}`), written: undefined }
}

function checksumOf(key: string, { value, version, expiresAt }: Entry, written: string): string {
  const rest = JSON.stringify([key, version, expiresAt ?? null, written])
  return crc32(value, crc32(rest)).toString(16).padStart(8, '0')
}

/** A value must come back as the very same bytes, so JSON only where it is written as JavaScript does. */
function readable(value: Uint8Array): Pick<Parsed, 'value' | 'text' | 'base64'> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    return { base64: Buffer.from(value).toString('base64') }
  }
  try {
    const parsed: unknown = JSON.parse(text)
    if (JSON.stringify(parsed) === text) return { value: parsed }
  } catch {
    // Some other text.
  }
  return { text }
}

function instant(ms: number): string | number {
  const date = new Date(ms)
  return date.getTime() === ms ? date.toISOString() : ms
}

function parse(bytes: Uint8Array, file: string): Parsed {
  let content: unknown
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    const message = (error as Error).message
    const at = /at position (\d+)/.exec(message)?.[1]
    throw broken(file, Number(at ?? 0), `it is not JSON (${message})`)
  }
  const { issues, output } = v.safeParse(documentSchema, content)
  if (issues === undefined) return output as Parsed
  const [issue] = issues
  throw broken(file, 0, `'${v.getDotPath(issue) ?? ''}' ${issue.message}`)
}

function bytesOf(parsed: Parsed, file: string): Uint8Array {
  const forms = [parsed.value, parsed.text, parsed.base64].filter((form) => form !== undefined)
  if (forms.length !== 1) throw broken(file, 0, "it must have one of 'value', 'text' and 'base64'")
  if (parsed.base64 !== undefined) return Buffer.from(parsed.base64, 'base64')
  return Buffer.from(parsed.text ?? JSON.stringify(parsed.value))
}

function isKey(key: string): boolean {
  return key !== '' && key.isWellFormed() && !key.includes('\0') && Buffer.byteLength(key) <= MAX_KEY_BYTES
}
