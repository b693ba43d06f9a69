import type { FastifyInstance } from 'fastify'
import { noQuery } from '../schemas/entry-parameters.ts'
import { record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'
import { VERSION } from '../version.ts'

const NAME = 'Switchyard'
const OPENAPI = '/openapi.json'

/** What tells a newcomer what this server is. */
export function documentRoutes(app: FastifyInstance): void {
  let document: Buffer | undefined

  app.get('/', {
    schema: {
      operationId: 'index',
      summary: 'What this is',
      tags: ['server'],
      querystring: noQuery,
      response: responses({
        200: ok(
          record({ name: { const: NAME }, version: { type: 'string' }, openapi: { const: OPENAPI } }),
          'The name of the program, and where its documentation is.',
        ),
      }),
    },
    handler: async (_request, reply) => reply.send({ name: NAME, version: VERSION, openapi: OPENAPI }),
  })

  app.get(OPENAPI, {
    schema: {
      operationId: 'openapi',
      summary: 'This document',
      tags: ['server'],
      querystring: noQuery,
      response: responses({ 200: ok({ type: 'object' }, 'OpenAPI 3.1.') }),
    },
    async handler(_request, reply) {
      document ??= Buffer.from(JSON.stringify(app.swagger()))
      return reply.header('content-type', 'application/json').send(document)
    },
  })
}
