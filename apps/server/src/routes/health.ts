import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import { isAdministrator } from '../access/is-administrator.ts'
import { checkReadiness, readinessChecks, withoutReasons } from '../observability/readiness.ts'
import { createProblem } from '../problems/problem.ts'
import { sendProblem } from '../problems/send-problem.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { record } from '../schemas/json-schema.ts'
import { ok, problemWith, responses } from '../schemas/responses.ts'

/** For those who restart this process, and for those who send it requests. */
export function healthRoutes(app: FastifyInstance, state: State): void {
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
  })

  app.get('/healthz', {
    config: { access: { open: true } },
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
    config: { access: { open: true } },
    schema: {
      operationId: 'readiness',
      summary: 'Can requests be served?',
      tags: ['server'],
      querystring: noQuery,
      response: responses({
        200: ok(
          record({
            status: { const: 'ok' },
            backend: { type: 'string', description: 'The active one.' },
            ready: { const: true },
            checks: readinessChecks,
          }),
          'They can.',
        ),
        503: problemWith(
          { ready: { const: false }, checks: readinessChecks },
          'They cannot; the checks say why.',
        ),
      }),
    },
    async handler(request, reply) {
      const { active: backend } = state.backends
      const found = await checkReadiness(state, isStopping)
      const isTold = isAdministrator(request.principal)
      const checks = isTold ? found : withoutReasons(found)
      const failed = checks.find((check) => !check.ok)
      if (failed === undefined) return reply.send({ status: 'ok', backend, ready: true, checks })
      if (!isTold) request.log.warn({ requestId: request.id, checks: found }, 'The server is not ready')
      return sendProblem(reply, { ...createProblem('NOT_READY', failed.reason), ready: false, checks })
    },
  })
}
