import { parseJson, trimJson } from './json-text.ts'
import { JSON_MEDIA_TYPE, mediaTypeOf } from './media-type.ts'

/** A value as the server keeps it: JSON text, or the bytes of any other content type. */
export interface Content {
  readonly contentType: string
  /** Only ever read: it may be a part of what the store holds. */
  readonly body: Uint8Array
}

/**
 * What a request carries. JSON is checked and then kept as the client wrote it, without the white space around it.
 *
 * @throws RequestError `UNSUPPORTED_MEDIA_TYPE`, `MALFORMED_JSON`
 */
export function contentOf(contentType: string | undefined, bytes: Buffer): Content {
  const mediaType = mediaTypeOf(contentType)
  if (mediaType !== JSON_MEDIA_TYPE) return { contentType: mediaType, body: bytes }
  parseJson(bytes)
  return { contentType: mediaType, body: trimJson(bytes) }
}

export function isJson({ contentType }: Content): boolean {
  return contentType === JSON_MEDIA_TYPE
}

/** The body as a Buffer over the same bytes. */
export function bufferOf({ body }: Content): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
