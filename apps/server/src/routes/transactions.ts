import type { Check, State, TransactionOperation, Ttl } from '@switchyard/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Content } from '../content/content.ts'
import { contentOfWire, type WireValue } from '../content/wire-value.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { by, expiresAt, key, MAX_BATCH, ttl, version, withValue } from '../schemas/fields.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

type WireOperation =
  | (WireValue & { readonly op: 'set'; readonly key: string; readonly ttl?: Ttl })
  | { readonly op: 'delete'; readonly key: string }
  | { readonly op: 'increment'; readonly key: string; readonly by?: number; readonly ttl?: Ttl }

interface TransactionRoute {
  readonly Body: { readonly checks?: readonly Check[]; readonly operations: readonly WireOperation[] }
}

const check = record({
  key,
  version: {
    type: ['string', 'null'],
    description: 'The present version must be this one; null: there must be none.',
  },
})

const op = (name: string): JsonSchema => ({ const: name })

const operation: JsonSchema = {
  type: 'object',
  required: ['op'],
  discriminator: { propertyName: 'op' },
  oneOf: [
    withValue({ op: op('set'), key, ttl }, ['op', 'key']),
    record({ op: op('delete'), key }),
    record({ op: op('increment'), key, by, ttl }, ['op', 'key']),
  ],
}

const result: JsonSchema = {
  oneOf: [
    record({ op: op('set'), version, expiresAt }, ['op', 'version']),
    record({ op: op('delete'), deleted: { type: 'boolean', description: 'Whether it was there.' } }),
    record({ op: op('increment'), value: { type: 'integer' }, version, expiresAt }, [
      'op',
      'value',
      'version',
    ]),
  ],
}

function keysOf({ body }: FastifyRequest): readonly string[] {
  const { checks = [], operations } = body as TransactionRoute['Body']
  return [...checks, ...operations].map((named) => named.key)
}

/** A check tells what is there, and an increment answers the sum. */
function readsOf({ body }: FastifyRequest): boolean {
  const { checks = [], operations } = body as TransactionRoute['Body']
  return checks.length > 0 || operations.some((wire) => wire.op === 'increment')
}

/** POST /v1/transactions: checks and writes, all or nothing. */
export function transactionRoute(app: FastifyInstance, state: State): void {
  app.post<TransactionRoute>('/v1/transactions', {
    config: { access: { scope: 'write', reads: readsOf, keys: keysOf } },
    schema: {
      operationId: 'transaction',
      summary: 'Check and write, all or nothing',
      tags: ['batch'],
      querystring: noQuery,
      body: record(
        {
          checks: listOf(check, { maxItems: MAX_BATCH }),
          operations: listOf(operation, { maxItems: MAX_BATCH }),
        },
        ['operations'],
      ),
      response: responses({
        200: ok(record({ results: listOf(result) }), 'All of it is done: one result for each operation.'),
      }),
    },
    async handler(request, reply) {
      const { checks = [], operations } = request.body
      const { results } = await state.transaction({ checks, operations: operations.map(operationOf) })
      return reply.send({ results })
    },
  })
}

function operationOf(wire: WireOperation): TransactionOperation<Content> {
  if (wire.op !== 'set') return wire
  const { op: name, key: of, ttl: own, ...value } = wire
  const set = { op: name, key: of, value: contentOfWire(value) }
  return own === undefined ? set : { ...set, ttl: own }
}
