import type { FastifyInstance } from 'fastify'
import type { SendPage } from '../console/console-routes.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'
import { VERSION } from '../version.ts'

const NAME = 'Switchyard'
const OPENAPI = '/openapi.json'

/** What tells a newcomer what this server is. */
export function documentRoutes(app: FastifyInstance, sendPage: SendPage): void {
  let document: Buffer | undefined

  app.get('/', {
    config: { access: { open: true } },
    schema: {
      operationId: 'index',
      summary: 'What this is',
      description: 'To browsers, which ask for text/html: the console.',
      tags: ['server'],
      querystring: noQuery,
      response: responses({
        200: ok(
          record({ name: { const: NAME }, version: { type: 'string' }, openapi: { const: OPENAPI } }),
          'The name of the program, and where its documentation is.',
        ),
      }),
    },
    async handler(request, reply) {
      if (await sendPage(request, reply)) return reply
      return reply.send({ name: NAME, version: VERSION, openapi: OPENAPI })
    },
  })

  app.get(OPENAPI, {
    config: { access: { open: true } },
    schema: {
      operationId: 'openapi',
      summary: 'This document',
      tags: ['server'],
      querystring: noQuery,
      response: responses({ 200: ok({ type: 'object', additionalProperties: true }, 'OpenAPI 3.1.') }),
    },
    async handler(_request, reply) {
      document ??= Buffer.from(JSON.stringify(app.swagger()))
      return reply.header('content-type', 'application/json').send(document)
    },
  })
}
