import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import { createProblem } from '../problems/problem.ts'
import { sendProblem } from '../problems/send-problem.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

/** For those who restart this process, and for those who send it requests. */
export function healthRoutes(app: FastifyInstance, state: State): void {
  app.get('/healthz', {
    schema: {
      operationId: 'liveness',
      summary: 'Is the process alive?',
      tags: ['server'],
      querystring: noQuery,
      response: responses({ 200: ok(record({ status: { const: 'ok' } }), 'It is.') }),
    },
    handler: async (_request, reply) => reply.send({ status: 'ok' }),
  })

  app.get('/readyz', {
    schema: {
      operationId: 'readiness',
      summary: 'Does the active backend answer?',
      tags: ['server'],
      querystring: noQuery,
      response: responses({
        200: ok(record({ status: { const: 'ok' }, backend: { type: 'string' } }), 'It does.'),
      }),
    },
    async handler(_request, reply) {
      const { active: backend } = state.backends
      const { healthy, reason = 'it does not say why' } = await state.backends.health()
      if (healthy) return reply.send({ status: 'ok', backend })
      return sendProblem(reply, createProblem('NOT_READY', `Backend '${backend}' is not healthy: ${reason}`))
    },
  })
}
