import { type Check, type Entry, type State, StateError } from '@switchyard/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { sendLines } from '../http/send-lines.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { by, expiresAt, key, version } from '../schemas/fields.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'
import {
  entryOfWire,
  listLines,
  operationOfWire,
  resultOf,
  type WireOperation,
  wireOf,
} from '../store/wire.ts'

interface SetRoute {
  readonly Body: {
    readonly key: string
    readonly entry: Parameters<typeof entryOfWire>[0]
    readonly ifVersion?: string | null
  }
}

interface WriteRoute {
  readonly Body: {
    readonly operations: readonly WireOperation[]
    readonly checks?: readonly Check[]
    readonly atomic?: boolean
  }
}

interface ListRoute {
  readonly Body: {
    readonly prefix?: string
    readonly after?: string
    readonly limit?: number
    readonly keysOnly?: boolean
    readonly ordered?: boolean
  }
}

/** Larger than that of other routes: a value of 16 MiB in base64, with room to spare. */
const BODY_LIMIT = 32 * 1024 * 1024

const flag: JsonSchema = { type: 'boolean' }
const keys = listOf(key)
const none: JsonSchema = { type: 'null' }

const value: JsonSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9+/]*={0,2}$',
  description: 'The bytes as the backend keeps them, the mark of their codec included, in base64.',
}

const entry = record({ value, version, expiresAt }, ['value', 'version'])

const expected = { ...version, description: 'The present version must be this one, else `CONFLICT`.' }
const expectedOrNone = { ...expected, type: ['string', 'null'] }

const op = (name: string): JsonSchema => ({ const: name })

const operation: JsonSchema = {
  type: 'object',
  required: ['op'],
  discriminator: { propertyName: 'op' },
  oneOf: [
    record({ op: op('set'), key, entry }),
    record({ op: op('delete'), key }),
    record({ op: op('increment'), key, by, version, expiresAt }, ['op', 'key', 'by', 'version']),
  ],
}

const result: JsonSchema = {
  oneOf: [
    record({ op: op('set') }),
    record({ op: op('delete'), deleted: flag }),
    record({ op: op('increment'), value: { type: 'integer' }, expiresAt }, ['op', 'value']),
  ],
}

const keysOf = ({ body }: FastifyRequest): readonly string[] =>
  (body as { readonly keys: readonly string[] }).keys

const keyOf = ({ body }: FastifyRequest): readonly string[] => [(body as { readonly key: string }).key]

function writtenKeysOf({ body }: FastifyRequest): readonly string[] {
  const { operations, checks = [] } = body as WriteRoute['Body']
  return [...checks, ...operations].map((named) => named.key)
}

const LIST_DESCRIPTION = `Lines of JSON, each with some \`entries\`; the last is \`{"end":true}\`, or a \`problem\` that came in the middle.

\`ordered\`: only in the order of the keys' UTF-8 bytes, else \`NOT_SUPPORTED\`; \`after\` needs that.`

/**
 * /v1/store: the active store itself, for another state that keeps its entries here. They come with their versions and
 * expiries, and are given back as they came.
 */
export function storeRoutes(app: FastifyInstance, state: State, audit: Audit): void {
  const { store } = state
  /** Of this run: a backend that does not survive the process has lost what it had. */
  const run = Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('base64url')

  const common = { tags: ['store'], querystring: noQuery }

  function active() {
    const { backends } = state
    const found = backends.list().find(({ name }) => name === backends.active)
    if (found !== undefined) return found
    throw new StateError('UNKNOWN_BACKEND', `Backend '${backends.active}' is not registered`)
  }

  app.get('/v1/store', {
    config: { access: { scope: 'admin' } },
    schema: {
      ...common,
      operationId: 'storeInfo',
      summary: 'What the active store can do',
      response: responses({
        200: ok(
          record({
            backend: { type: 'string' },
            capabilities: {
              type: 'object',
              additionalProperties: true,
              description: 'As `GET /v1/backends` has them.',
            },
            incarnation: {
              type: 'string',
              description: 'Changes when something was started anew that may have lost what it acknowledged.',
            },
          }),
          'The active backend.',
        ),
      }),
    },
    async handler(_request, reply) {
      const own = await store.incarnation()
      const { name, capabilities } = active()
      return reply.send({ backend: name, capabilities, incarnation: `${run}/${name}/${own}` })
    },
  })

  app.post<{ Body: { readonly keys: readonly string[] } }>('/v1/store/get', {
    config: { access: { scope: 'admin', keys: keysOf } },
    bodyLimit: BODY_LIMIT,
    schema: {
      ...common,
      operationId: 'storeGet',
      summary: 'Get entries as they are kept',
      body: record({ keys }),
      response: responses({
        200: ok(
          record({ entries: listOf({ oneOf: [entry, none] }) }),
          'One for each key, in their order; null for a key that is not there.',
        ),
      }),
    },
    async handler(request, reply) {
      const entries = await store.getMany(request.body.keys)
      return reply.send({ entries: entries.map((found) => (found === undefined ? null : wireOf(found))) })
    },
  })

  app.post<SetRoute>('/v1/store/set', {
    config: { access: { scope: 'admin', keys: keyOf }, writes: true },
    bodyLimit: BODY_LIMIT,
    schema: {
      ...common,
      operationId: 'storeSet',
      summary: 'Set an entry',
      body: record({ key, entry, ifVersion: expectedOrNone }, ['key', 'entry']),
      response: responses({ 200: ok(record({}), 'It is stored.') }),
    },
    async handler({ body }, reply) {
      const { ifVersion } = body
      const set: Entry = entryOfWire(body.entry)
      await store.set(body.key, set, ifVersion === undefined ? undefined : { ifVersion })
      return reply.send({})
    },
  })

  app.post<{ Body: { readonly key: string; readonly ifVersion?: string } }>('/v1/store/delete', {
    config: { access: { scope: 'admin', keys: keyOf }, writes: true },
    schema: {
      ...common,
      operationId: 'storeDelete',
      summary: 'Delete an entry',
      body: record({ key, ifVersion: expected }, ['key']),
      response: responses({ 200: ok(record({ deleted: flag }), 'Whether a live entry was there.') }),
    },
    async handler({ body: { key: name, ifVersion } }, reply) {
      return reply.send({
        deleted: await store.delete(name, ifVersion === undefined ? undefined : { ifVersion }),
      })
    },
  })

  app.post<WriteRoute>('/v1/store/write', {
    config: { access: { scope: 'admin', keys: writtenKeysOf }, writes: true },
    bodyLimit: BODY_LIMIT,
    schema: {
      ...common,
      operationId: 'storeWrite',
      summary: 'Write a batch',
      description: 'All or nothing with `atomic`; else a problem may name in `notApplied` what was not done.',
      body: record(
        {
          operations: listOf(operation),
          checks: listOf(record({ key, version: expectedOrNone })),
          atomic: flag,
        },
        ['operations'],
      ),
      response: responses({
        200: ok(record({ results: listOf(result) }), 'One for each operation, in their order.'),
      }),
    },
    async handler({ body: { operations, ...batch } }, reply) {
      const results = await store.write({ ...batch, operations: operations.map(operationOfWire) })
      return reply.send({ results: results.map(resultOf) })
    },
  })

  app.post<ListRoute>('/v1/store/list', {
    config: { access: { scope: 'admin', keys: 'checked' } },
    schema: {
      ...common,
      operationId: 'storeList',
      summary: 'List entries as they are kept',
      description: LIST_DESCRIPTION,
      body: record(
        {
          prefix: { type: 'string', description: 'Literal, never a pattern.' },
          after: { type: 'string', description: 'Only keys after this one.' },
          limit: { type: 'integer', minimum: 1, description: 'Entries at the most. Default: all.' },
          keysOnly: flag,
          ordered: flag,
        },
        [],
      ),
      response: responses({
        200: { description: 'The lines.', content: { 'application/jsonl': { schema: { type: 'string' } } } },
      }),
    },
    async handler({ body: { after, ordered = after !== undefined, ...options } }, reply) {
      if (ordered && !active().capabilities.ordered) {
        const message = `Backend '${active().name}' lists in no order (capabilities.ordered is false)`
        throw new StateError('NOT_SUPPORTED', message, { operation: 'list' })
      }
      const listing = store.list(after === undefined ? options : { ...options, cursor: after })
      return sendLines(reply, listLines(listing))
    },
  })

  app.post('/v1/store/cleanup', {
    config: { access: { scope: 'admin' } },
    schema: {
      ...common,
      operationId: 'storeCleanup',
      summary: 'Remove what has expired, and tell the keys',
      response: responses({ 200: ok(record({ removed: keys }), 'The keys.') }),
    },
    async handler(request, reply) {
      const removed: string[] = []
      const onRemoved = (some: readonly string[]): void => some.forEach((one) => void removed.push(one))
      await audit.admin(request, 'storeCleanup', {}, () => store.cleanup({ onRemoved }))
      return reply.send({ removed })
    },
  })

  app.post('/v1/store/flush', {
    config: { access: { scope: 'admin' } },
    schema: {
      ...common,
      operationId: 'storeFlush',
      summary: 'Make what was acknowledged survive the end of the machine, where the backend can',
      response: responses({ 200: ok(record({}), 'It does.') }),
    },
    async handler(_request, reply) {
      await store.flush()
      return reply.send({})
    },
  })
}
