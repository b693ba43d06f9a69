import type { FastifyReply } from 'fastify'

/** Sends a text in UTF-8. Node writes a text together with the headers, and bytes after them, which takes longer. */
export function sendText(reply: FastifyReply, contentType: string, text: string): FastifyReply {
  // With a serializer of its own the content type stays as it is given.
  return reply.header('content-type', contentType).serializer(asItIs).send(text)
}

const asItIs = (text: string): string => text
