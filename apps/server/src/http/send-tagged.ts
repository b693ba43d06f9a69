import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { JSON_MEDIA_TYPE } from '../content/media-type.ts'
import type { JsonSchema } from '../schemas/json-schema.ts'
import { isNoneMatched, preconditionOf } from './preconditions.ts'
import { sendText } from './send-text.ts'

/** Headers of what {@link sendTagged} sends. */
export const taggedHeaders: JsonSchema = {
  ETag: { type: 'string', description: 'For If-None-Match: another one for another document.' },
}

/** Of requests whose answer is tagged. */
export const ifNoneMatchHeader: JsonSchema = {
  type: 'object',
  properties: {
    'If-None-Match': {
      type: 'string',
      description: 'The ETag of an earlier answer: 304 if it is still the same.',
    },
  },
}

/** Sends a JSON document, or 304 if the client has it. The tag is weak, as the document may be compressed on its way. */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, document: string): FastifyReply {
  const tag = hash('sha256', document, 'base64url').slice(0, 22)
  reply.header('etag', `W/"${tag}"`)
  const precondition = preconditionOf(request.headers)
  if (precondition !== undefined && !isNoneMatched(precondition, tag)) return reply.code(304).send()
  return sendText(reply, JSON_MEDIA_TYPE, document)
}
