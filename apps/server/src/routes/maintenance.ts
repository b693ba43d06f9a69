import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import { noQuery } from '../schemas/entry-parameters.ts'
import { type JsonSchema, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

const count: JsonSchema = { type: 'integer' }

/** What an operator does to the active backend. */
export function maintenanceRoutes(app: FastifyInstance, state: State): void {
  app.post('/v1/cleanup', {
    schema: {
      operationId: 'cleanup',
      summary: 'Remove what has expired',
      tags: ['backends'],
      querystring: noQuery,
      response: responses({ 200: ok(record({ removed: count }), 'How many entries were removed.') }),
    },
    handler: async (_request, reply) => reply.send(await state.cleanup()),
  })

  app.post('/v1/optimize', {
    schema: {
      operationId: 'optimize',
      summary: 'Compact the active backend',
      tags: ['backends'],
      querystring: noQuery,
      response: responses({
        200: ok(record({ bytesBefore: count, bytesAfter: count }), 'What it used and uses.'),
      }),
    },
    handler: async (_request, reply) => reply.send(await state.optimize()),
  })
}
