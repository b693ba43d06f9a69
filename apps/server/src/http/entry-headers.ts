import type { Written } from '@switchyard/core'
import type { FastifyReply } from 'fastify'

/** `ETag` is the version, quoted; `Expires-At` the expiry as an RFC 3339 instant. */
export function setEntryHeaders(reply: FastifyReply, { version, expiresAt }: Written): void {
  reply.header('etag', `"${version}"`)
  if (expiresAt !== undefined) reply.header('expires-at', new Date(expiresAt).toISOString())
}
