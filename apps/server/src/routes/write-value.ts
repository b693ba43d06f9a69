import { conflict, type State, type Written } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import type { RouteAccess } from '../access/route-access.ts'
import { contentOf } from '../content/content.ts'
import { setEntryHeaders } from '../http/entry-headers.ts'
import { type Expected, hasPrecondition, preconditionOf, writeIf } from '../http/preconditions.ts'
import { ttlOf } from '../http/ttl-parameter.ts'
import { RequestError } from '../problems/request-error.ts'
import { conditionHeaders, entryHeaders, keyInPath, noQuery, putQuery } from '../schemas/entry-parameters.ts'
import { written } from '../schemas/fields.ts'
import { empty, ok, responses } from '../schemas/responses.ts'

interface PutRoute {
  readonly Params: { readonly key: string }
  readonly Querystring: { readonly ttl?: string; readonly keepTtl?: boolean }
  readonly Body: Buffer | undefined
}

const NO_BYTES = Buffer.alloc(0)

/** Whether a condition holds tells what is there. */
const access: RouteAccess = { scope: 'write', reads: ({ headers }) => hasPrecondition(headers) }

/** PUT and DELETE /v1/state/{key}. The body arrives as the bytes that were sent. */
export function writeValueRoutes(app: FastifyInstance, state: State): void {
  app.put<PutRoute>('/v1/state/:key', {
    config: { access },
    schema: {
      operationId: 'putValue',
      summary: 'Set a value',
      description:
        'JSON is checked and kept as it was written. Any other content type is kept with the bytes.',
      tags: ['state'],
      params: keyInPath,
      querystring: putQuery,
      headers: conditionHeaders,
      body: { content: { 'application/json': { schema: {} }, '*/*': { schema: {} } } },
      response: responses({
        200: ok(written, 'It is stored. Whether the key was there before is not known.', entryHeaders),
        201: ok(
          written,
          'It is stored, and was not there before: only where the precondition asked for that.',
          entryHeaders,
        ),
      }),
    },
    async handler(request, reply) {
      const { key } = request.params
      const { ttl, keepTtl } = request.query
      const content = contentOf(request.headers['content-type'], request.body ?? NO_BYTES)
      const precondition = preconditionOf(request.headers)
      let isNew = false
      const write = (expected: Expected): Promise<Written> => {
        isNew = expected === null
        return state.set(key, content, {
          ...(ttl === undefined ? {} : { ttl: ttlOf(ttl) }),
          ...(keepTtl === undefined ? {} : { keepTtl }),
          ...(expected === undefined ? {} : expected === null ? { ifAbsent: true } : { ifVersion: expected }),
        })
      }
      const isPlain = precondition === undefined && ttl === undefined && keepTtl === undefined
      const result = await (isPlain ? state.set(key, content) : writeIf(state, key, precondition, write))
      setEntryHeaders(reply, result)
      return reply.code(isNew ? 201 : 200).send(result)
    },
  })

  app.delete<{ Params: { key: string } }>('/v1/state/:key', {
    config: { access },
    schema: {
      operationId: 'deleteValue',
      summary: 'Delete a value',
      tags: ['state'],
      params: keyInPath,
      querystring: noQuery,
      headers: conditionHeaders,
      response: responses({ 204: empty('It is gone.') }),
    },
    async handler(request, reply) {
      const { key } = request.params
      const precondition = preconditionOf(request.headers)
      const wasThere = await writeIf(state, key, precondition, async (expected) => {
        if (expected === null) {
          if (await state.has(key)) throw conflict(key)
          return false
        }
        return state.delete(key, expected === undefined ? undefined : { ifVersion: expected })
      })
      if (!wasThere) throw new RequestError('NOT_FOUND', `There is no '${key}'`, { key })
      return reply.code(204).send()
    },
  })
}
