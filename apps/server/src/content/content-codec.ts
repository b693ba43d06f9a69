import { type Codec, codecMismatch, StateError } from '@switchyard/core'
import { type Content, isJson } from './content.ts'
import { JSON_MEDIA_TYPE } from './media-type.ts'

/** What is not JSON starts with this byte; then the length of its content type, the type, and the bytes. */
const MARK = 0x90
const HEAD_BYTES = 2

/**
 * JSON is kept as plain JSON text, as core's own codec keeps it: either reads what the other wrote.
 * Decoding copies nothing; the server only ever sends what it has decoded.
 */
export const contentCodec: Codec<Content> = {
  name: 'server',
  readsJson: true,
  encode(content) {
    const { contentType, body } = content
    if (isJson(content)) return Buffer.from(body)
    const bytes = Buffer.allocUnsafe(HEAD_BYTES + contentType.length + body.byteLength)
    bytes[0] = MARK
    bytes[1] = contentType.length
    bytes.write(contentType, HEAD_BYTES, 'latin1')
    bytes.set(body, HEAD_BYTES + contentType.length)
    return bytes
  },
  decode(bytes) {
    const mark = bytes[0]
    if (mark !== undefined && mark >= 0x20 && mark < 0x7f)
      return { contentType: JSON_MEDIA_TYPE, body: bytes }
    if (mark !== MARK) throw codecMismatch('server', bytes)
    const start = HEAD_BYTES + (bytes[1] ?? 0)
    if (bytes.byteLength < start)
      throw new StateError('CORRUPT', 'The value is damaged: it ends within its head')
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, start)
    return { contentType: head.toString('latin1', HEAD_BYTES), body: bytes.subarray(start) }
  },
}
