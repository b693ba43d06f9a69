import { jsonCodec, type KeyedEntry } from '@switchyard/core'
import { RequestError } from '../problems/request-error.ts'
import { bufferOf, type Content, contentOf, isJson } from './content.ts'
import { JSON_MEDIA_TYPE } from './media-type.ts'

/** A value within a JSON document: `value` if it is JSON, else `contentType` and `base64`. */
export interface WireValue {
  readonly value?: unknown
  readonly contentType?: string
  readonly base64?: string
}

/**
 * @throws RequestError for what is not base64 or a content type
 * @throws StateError `NOT_SERIALIZABLE` for a number that JSON text can hold and a double cannot
 */
export function contentOfWire({ value, contentType, base64 }: WireValue): Content {
  if (base64 !== undefined) {
    if (base64.length % 4 !== 0)
      throw new RequestError('BAD_REQUEST', 'base64 comes in groups of four characters')
    return contentOf(contentType, Buffer.from(base64, 'base64'))
  }
  return { contentType: JSON_MEDIA_TYPE, body: jsonCodec.encode(value) }
}

/** The JSON text of an entry. Stored JSON goes into it as it is. */
export function entryText({ key, value: content, version, expiresAt }: KeyedEntry<Content>): string {
  const expiry = expiresAt === undefined ? '' : `,"expiresAt":${expiresAt}`
  return `{"key":${JSON.stringify(key)},${valueText(content)},"version":${JSON.stringify(version)}${expiry}}`
}

function valueText(content: Content): string {
  const bytes = bufferOf(content)
  if (isJson(content)) return `"value":${bytes.toString()}`
  return `"contentType":${JSON.stringify(content.contentType)},"base64":"${bytes.toString('base64')}"`
}
