import type { State, TransactionOperationResult, Ttl } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import { setEntryHeaders } from '../http/entry-headers.ts'
import { preconditionOf, writeIf } from '../http/preconditions.ts'
import { conditionHeaders, entryHeaders, keyInPath, noQuery } from '../schemas/entry-parameters.ts'
import { by, incremented, ttl } from '../schemas/fields.ts'
import { record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

interface IncrementRoute {
  readonly Params: { readonly key: string }
  readonly Body: { readonly by?: number; readonly ttl?: Ttl } | null | undefined
}

/** POST /v1/state/{key}/increment: inside the store. */
export function incrementRoute(app: FastifyInstance, state: State): void {
  app.post<IncrementRoute>('/v1/state/:key/increment', {
    config: { access: { scope: 'write', reads: true } },
    schema: {
      operationId: 'increment',
      summary: 'Add to an integer',
      description: 'Atomic. An absent key counts as 0, and only then `ttl` applies.',
      tags: ['state'],
      params: keyInPath,
      querystring: noQuery,
      headers: conditionHeaders,
      body: { ...record({ by, ttl }, []), type: ['object', 'null'] },
      response: responses({ 200: ok(incremented, 'The sum.', entryHeaders) }),
    },
    async handler(request, reply) {
      const { key } = request.params
      const operation = { op: 'increment', key, ...request.body } as const
      const precondition = preconditionOf(request.headers)
      const { results } = await writeIf(state, key, precondition, (expected) => {
        const checks = expected === undefined ? [] : [{ key, version: expected }]
        return state.transaction({ checks, operations: [operation] })
      })
      const { op, ...result } = results[0] as Extract<TransactionOperationResult, { op: 'increment' }>
      setEntryHeaders(reply, result)
      return reply.send(result)
    },
  })
}
