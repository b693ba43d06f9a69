import { StateError } from '@switchyard/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { parseJson } from '../content/json-text.ts'
import { isMatched, isNoneMatched, preconditionOf } from '../http/preconditions.ts'
import { RequestError } from '../problems/request-error.ts'
import { conditionHeaders, noQuery } from '../schemas/entry-parameters.ts'
import { type JsonSchema, record } from '../schemas/json-schema.ts'
import { empty, ok, responses } from '../schemas/responses.ts'
import type { ConfigSnapshot, RuntimeConfig } from './runtime-config.ts'
import type { JsonObject } from './settings.ts'

const MERGE_PATCH = 'application/merge-patch+json'

const settings = record({
  logLevel: { enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] },
  maintenance: {
    ...record({
      enabled: { type: 'boolean' },
      retryAfter: { type: 'integer', description: 'Seconds, for the header Retry-After.' },
    }),
    description: 'While enabled, writes are answered with 503 `MAINTENANCE`.',
  },
  rateLimitMultiplier: { type: 'number', description: 'Of every rate limit.' },
  features: {
    type: 'object',
    additionalProperties: { type: 'boolean' },
    description: 'By names of your own.',
  },
  cleanupInterval: {
    type: ['number', 'string', 'boolean'],
    description:
      'Milliseconds, or text with a unit: 30s, 5m; false: expired entries are removed only when asked to.',
  },
  custom: {
    type: 'object',
    additionalProperties: true,
    description: 'What applications keep here for themselves: any JSON.',
  },
})

const snapshot = record({
  version: {
    type: 'string',
    description: 'Another one for other settings. The ETag is the version in quotes.',
  },
  settings,
})

const headers: JsonSchema = { ETag: { type: 'string', description: 'The version, quoted.' } }

/** The settings that can be changed while the server runs. */
export function configRoutes(documents: FastifyInstance, runtimeConfig: RuntimeConfig, audit: Audit): void {
  // On their own, as no other route takes merge patches of documents.
  void documents.register((app, _options, done) => {
    acceptMergePatch(app)
    readRoute(app, runtimeConfig)
    patchRoute(app, runtimeConfig, audit)
    done()
  })
}

function acceptMergePatch(app: FastifyInstance): void {
  app.addContentTypeParser(MERGE_PATCH, { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    parseJson(body),
  )
}

function readRoute(app: FastifyInstance, runtimeConfig: RuntimeConfig): void {
  app.get('/v1/config', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'getConfig',
      summary: 'The settings that can be changed while the server runs',
      tags: ['server'],
      querystring: noQuery,
      headers: conditionHeaders,
      response: responses({
        200: ok(snapshot, 'What is in effect.', headers),
        304: empty('It is what the client has.'),
      }),
    },
    async handler(request, reply) {
      const { current } = runtimeConfig
      const precondition = preconditionOf(request.headers)
      if (precondition !== undefined && !isMatched(precondition, current.version)) throw changed(current)
      if (precondition !== undefined && !isNoneMatched(precondition, current.version)) {
        return reply.code(304).header('etag', `"${current.version}"`).send()
      }
      return send(reply, current)
    },
  })
}

function patchRoute(app: FastifyInstance, runtimeConfig: RuntimeConfig, audit: Audit): void {
  app.patch<{ Body: JsonObject }>('/v1/config', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'patchConfig',
      summary: 'Change settings',
      description:
        'A JSON Merge Patch (RFC 7396), all or nothing. It has the word over the configuration file; null brings what that says, or the default, back.',
      tags: ['server'],
      querystring: noQuery,
      headers: conditionHeaders,
      body: {
        content: {
          [MERGE_PATCH]: { schema: { type: 'object', additionalProperties: true } },
          'application/json': { schema: { type: 'object', additionalProperties: true } },
        },
      },
      response: responses({ 200: ok(snapshot, 'What is in effect now.', headers) }),
    },
    async handler(request, reply) {
      // The schemas are those of content types, and a request without a body has none.
      if (request.body === undefined) throw new RequestError('BAD_REQUEST', 'The body must be a merge patch')
      const update = (): Promise<ConfigSnapshot> =>
        runtimeConfig.update((current) => patchFor(current, request))
      return send(reply, await audit.admin(request, 'patchConfig', auditable(request.body), update))
    },
  })
}

/** What applications keep in `custom` may be long, and is their own. */
function auditable({ custom, ...patch }: JsonObject): JsonObject {
  return custom === undefined ? patch : { ...patch, custom: Object.keys(custom ?? {}) }
}

/** @throws StateError `CONFLICT` unless the request is about these settings. */
function patchFor(current: ConfigSnapshot, { headers: given, body }: FastifyRequest): unknown {
  const precondition = preconditionOf(given)
  if (precondition === undefined) return body
  const { version } = current
  if (isMatched(precondition, version) && isNoneMatched(precondition, version)) return body
  throw changed(current)
}

function changed({ version }: ConfigSnapshot): StateError {
  return new StateError(
    'CONFLICT',
    `The condition does not hold: the version of the settings is "${version}"`,
  )
}

function send(reply: FastifyReply, { version, settings: inEffect }: ConfigSnapshot): FastifyReply {
  return reply.header('etag', `"${version}"`).send({ version, settings: inEffect })
}
