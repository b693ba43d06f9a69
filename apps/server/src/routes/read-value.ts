import { isUtf8 } from 'node:buffer'
import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import { SECURITY_HEADERS } from '../access/security-headers.ts'
import { bufferOf, type Content, isJson } from '../content/content.ts'
import { setEntryHeaders } from '../http/entry-headers.ts'
import { isMatched, isNoneMatched, preconditionOf } from '../http/preconditions.ts'
import { sendText } from '../http/send-text.ts'
import { createProblem } from '../problems/problem.ts'
import { sendProblem } from '../problems/send-problem.ts'
import { conditionHeaders, entryHeaders, keyInPath, noQuery } from '../schemas/entry-parameters.ts'
import type { JsonSchema } from '../schemas/json-schema.ts'
import { empty, responses } from '../schemas/responses.ts'

/** Longer ones are sent sooner as the bytes that they are. */
const MAX_TEXT_BYTES = 16_384

const SANDBOX = `${SECURITY_HEADERS['content-security-policy']}; sandbox`

const anyContent: JsonSchema = {
  description: 'The value, with the content type that it was stored with.',
  headers: entryHeaders,
  content: { 'application/json': { schema: {} }, '*/*': { schema: { type: 'string', format: 'binary' } } },
}

/** GET and HEAD /v1/state/{key}: the stored bytes as they are. */
export function readValueRoutes(app: FastifyInstance, state: State): void {
  for (const method of ['GET', 'HEAD'] as const) {
    app.route<{ Params: { key: string } }>({
      method,
      url: '/v1/state/:key',
      exposeHeadRoute: false,
      config: { access: { scope: 'read' }, swagger: { exposeHeadRoute: true } },
      schema: {
        operationId: method === 'GET' ? 'getValue' : 'headValue',
        summary: method === 'GET' ? 'Get a value' : 'Get the headers of a value',
        tags: ['state'],
        params: keyInPath,
        querystring: noQuery,
        headers: conditionHeaders,
        response: responses({
          200: method === 'GET' ? anyContent : { ...empty('The key is there.'), headers: entryHeaders },
          304: empty('The version named by If-None-Match is the present one.'),
        }),
      },
      async handler(request, reply) {
        const { key } = request.params
        const entry = await state.getEntry<Content>(key)
        const precondition = preconditionOf(request.headers)
        if (precondition !== undefined && !isMatched(precondition, entry?.version)) {
          return sendProblem(reply, {
            ...createProblem('CONFLICT', `'${key}' has another version`, 412),
            key,
          })
        }
        if (entry === undefined) {
          return sendProblem(reply, { ...createProblem('NOT_FOUND', `There is no '${key}'`), key })
        }
        setEntryHeaders(reply, entry)
        if (precondition !== undefined && !isNoneMatched(precondition, entry.version))
          return reply.code(304).send()
        const { value: content } = entry
        const bytes = bufferOf(content)
        if (isShortText(content)) return sendText(reply, content.contentType, bytes.toString())
        reply.header('content-type', content.contentType)
        // A stored page must not act in the name of this server.
        if (!isJson(content)) reply.header('content-security-policy', SANDBOX)
        return reply.send(bytes)
      },
    })
  }
}

/** JSON that a program around the server has stored may be no text. */
function isShortText(content: Content): boolean {
  return isJson(content) && content.body.byteLength <= MAX_TEXT_BYTES && isUtf8(content.body)
}
