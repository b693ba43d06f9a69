import type { State, Ttl } from '@switchyard/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Content } from '../content/content.ts'
import { JSON_MEDIA_TYPE } from '../content/media-type.ts'
import { contentOfWire, entryText, type WireValue } from '../content/wire-value.ts'
import { sendText } from '../http/send-text.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { entry, expiresAt, key, MAX_BATCH, ttl, version, withValue } from '../schemas/fields.ts'
import { listOf, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

interface KeysRoute {
  readonly Body: { readonly keys: readonly string[] }
}

interface SetRoute {
  readonly Body: { readonly entries: readonly (WireValue & { readonly key: string; readonly ttl?: Ttl })[] }
}

const keys = record({ keys: listOf(key, { maxItems: MAX_BATCH }) })

const keysOf = ({ body }: FastifyRequest): readonly string[] => (body as KeysRoute['Body']).keys

const entryKeysOf = ({ body }: FastifyRequest): readonly string[] =>
  (body as SetRoute['Body']).entries.map((entry) => entry.key)

/** POST /v1/batch/*: many keys in one call, which is no transaction. */
export function batchRoutes(app: FastifyInstance, state: State): void {
  app.post<KeysRoute>('/v1/batch/get', {
    config: { access: { scope: 'read', keys: keysOf } },
    schema: {
      operationId: 'batchGet',
      summary: 'Get many entries',
      tags: ['batch'],
      querystring: noQuery,
      body: keys,
      response: responses({
        200: ok(
          record({ entries: listOf({ oneOf: [entry, { type: 'null' }] }) }),
          'An entry for each key, in their order; null for a key that is not there.',
        ),
      }),
    },
    async handler(request, reply) {
      const { keys: wanted } = request.body
      const found = await state.getManyEntries<Content>(wanted)
      const texts = found.map((item, i) =>
        item === undefined ? 'null' : entryText({ ...item, key: wanted[i] as string }),
      )
      return sendText(reply, JSON_MEDIA_TYPE, `{"entries":[${texts.join()}]}`)
    },
  })

  app.post<SetRoute>('/v1/batch/set', {
    config: { access: { scope: 'write', keys: entryKeysOf } },
    schema: {
      operationId: 'batchSet',
      summary: 'Set many entries',
      description: 'Not a transaction: a problem may name in `notApplied` the keys that were not written.',
      tags: ['batch'],
      querystring: noQuery,
      body: record({ entries: listOf(withValue({ key, ttl }, ['key']), { maxItems: MAX_BATCH }) }),
      response: responses({
        200: ok(
          record({ entries: listOf(record({ key, version, expiresAt }, ['key', 'version'])) }),
          'What was written, in the order given.',
        ),
      }),
    },
    async handler(request, reply) {
      const { entries } = request.body
      const sets = entries.map(({ key: name, ttl: own, ...value }) => ({
        key: name,
        value: contentOfWire(value),
        ...(own === undefined ? {} : { ttl: own }),
      }))
      const results = await state.setMany(sets)
      return reply.send({ entries: results.map((result, i) => ({ key: entries[i]?.key, ...result })) })
    },
  })

  app.post<KeysRoute>('/v1/batch/delete', {
    config: { access: { scope: 'write', keys: keysOf } },
    schema: {
      operationId: 'batchDelete',
      summary: 'Delete many keys',
      tags: ['batch'],
      querystring: noQuery,
      body: keys,
      response: responses({
        200: ok(record({ deleted: { type: 'integer' } }), 'How many of the keys were there.'),
      }),
    },
    async handler(request, reply) {
      return reply.send({ deleted: await state.deleteMany(request.body.keys) })
    },
  })
}
