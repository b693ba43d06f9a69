import type { FastifyInstance } from 'fastify'
import { listOf, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'
import type { Audit } from './audit.ts'

interface AuditRoute {
  readonly Querystring: { readonly limit?: number; readonly before?: string }
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

const entry = record(
  {
    id: { type: 'string' },
    at: { type: 'integer', description: 'Unix time in milliseconds.' },
    actor: {
      type: 'string',
      description:
        'The name of the token; `local` without tokens; `anonymous`: a sign-in that was refused; `configuration`: the file was changed.',
    },
    address: { type: 'string', description: 'Of the client.' },
    action: { type: 'string' },
    detail: { type: 'object', additionalProperties: true, description: 'What was asked for.' },
    outcome: {
      type: 'string',
      description: '`begun`, `done`, or the code of a problem; `allowed` for data.',
    },
  },
  ['id', 'at', 'actor', 'action', 'detail', 'outcome'],
)

/** GET /v1/audit */
export function auditRoute(app: FastifyInstance, audit: Audit): void {
  app.get<AuditRoute>('/v1/audit', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'audit',
      summary: 'Who did what, when, and from where',
      tags: ['server'],
      querystring: record(
        {
          limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
          before: { type: 'string', description: 'Only entries older than the one with this `id`.' },
        },
        [],
      ),
      response: responses({ 200: ok(record({ entries: listOf(entry) }), 'Newest first.') }),
    },
    async handler({ query: { limit = DEFAULT_LIMIT, before } }, reply) {
      return reply.send({ entries: await audit.entries(limit, before) })
    },
  })
}
