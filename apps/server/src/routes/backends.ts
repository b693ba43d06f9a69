import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import { noQuery } from '../schemas/entry-parameters.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

const flag: JsonSchema = { type: 'boolean' }
const count: JsonSchema = { type: 'integer' }

const detail: JsonSchema = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
  description: 'What only this backend can tell.',
}

export const health: JsonSchema = record(
  { healthy: flag, reason: { type: 'string', description: 'What is wrong, for people.' }, detail },
  ['healthy'],
)

const capabilities = record({
  ttl: { enum: ['native', 'lazy'] },
  atomicity: { enum: ['store', 'process'] },
  transactions: flag,
  durable: flag,
  shared: flag,
  ordered: flag,
  watch: flag,
  optimize: flag,
  maxKeyBytes: count,
  maxValueBytes: count,
})

export const backend: JsonSchema = record({
  name: { type: 'string' },
  plugin: { type: 'string' },
  active: flag,
  open: {
    type: 'boolean',
    description: 'Whether its store was open before this request looked at its health.',
  },
  capabilities,
  health,
})

/** What a backend can do, how it is, and how much is in the active one. */
export function backendRoutes(app: FastifyInstance, state: State): void {
  app.get('/v1/backends', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'listBackends',
      summary: 'List the backends with their capabilities and health',
      tags: ['backends'],
      querystring: noQuery,
      response: responses({
        200: ok(record({ active: { type: 'string' }, backends: listOf(backend) }), 'All backends.'),
      }),
    },
    async handler(_request, reply) {
      const { active } = state.backends
      const backends = state.backends.list().map(async ({ name, plugin, capabilities: can, open }) => ({
        name,
        plugin,
        active: name === active,
        open,
        capabilities: can,
        health: await state.backends.health(name),
      }))
      return reply.send({ active, backends: await Promise.all(backends) })
    },
  })

  app.get('/v1/stats', {
    config: { access: { scope: 'list' } },
    schema: {
      operationId: 'stats',
      summary: 'Count what is in the active backend',
      tags: ['backends'],
      querystring: noQuery,
      response: responses({
        200: ok(
          record({ backend: { type: 'string' }, keys: count, bytes: count, expired: count, detail }, [
            'backend',
            'keys',
            'bytes',
            'expired',
          ]),
          'Live keys, bytes as the backend measures them, and expired entries that are not cleaned up yet.',
        ),
      }),
    },
    async handler(_request, reply) {
      return reply.send({ backend: state.backends.active, ...(await state.stats()) })
    },
  })
}
