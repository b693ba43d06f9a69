import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { type JsonSchema, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

const count: JsonSchema = { type: 'integer' }

/** What an operator does to the active backend. */
export function maintenanceRoutes(app: FastifyInstance, state: State, audit: Audit): void {
  app.post('/v1/cleanup', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'cleanup',
      summary: 'Remove what has expired',
      tags: ['backends'],
      querystring: noQuery,
      response: responses({ 200: ok(record({ removed: count }), 'How many entries were removed.') }),
    },
    handler: async (request, reply) =>
      reply.send(await audit.admin(request, 'cleanup', {}, () => state.cleanup())),
  })

  app.post('/v1/optimize', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'optimize',
      summary: 'Compact the active backend',
      tags: ['backends'],
      querystring: noQuery,
      response: responses({
        200: ok(record({ bytesBefore: count, bytesAfter: count }), 'What it used and uses.'),
      }),
    },
    handler: async (request, reply) =>
      reply.send(await audit.admin(request, 'optimize', {}, () => state.optimize())),
  })
}
