import type { KeyedEntry, ListingOptions, State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import type { Content } from '../content/content.ts'
import { JSON_MEDIA_TYPE } from '../content/media-type.ts'
import { entryText } from '../content/wire-value.ts'
import { entry, key } from '../schemas/fields.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/** Values are read in groups until so many characters are together: then the page ends early. */
const MAX_PAGE_LENGTH = 8 * 1024 * 1024
const GROUP = 20

interface ListRoute {
  readonly Querystring: {
    readonly prefix?: string
    readonly limit?: number
    readonly cursor?: string
    readonly values?: boolean
  }
}

const cursor: JsonSchema = {
  type: 'string',
  description: 'Where the next page starts; absent on the last one.',
}

/** GET /v1/state: keys in UTF-8 byte order, page by page. */
export function listRoute(app: FastifyInstance, state: State): void {
  app.get<ListRoute>('/v1/state', {
    schema: {
      operationId: 'list',
      summary: 'List keys, or entries',
      description:
        'In the order of the UTF-8 bytes of the keys. A page may hold fewer than `limit`; the last has no cursor.',
      tags: ['state'],
      querystring: record(
        {
          prefix: { type: 'string', description: 'Literal, never a pattern.' },
          limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
          cursor: { type: 'string', description: 'The `cursor` of the page before.' },
          values: { type: 'boolean', description: 'Answer `entries` in the place of `keys`.' },
        },
        [],
      ),
      response: responses({
        200: ok(
          {
            oneOf: [
              record({ keys: listOf(key), cursor }, ['keys']),
              record({ entries: listOf(entry), cursor }, ['entries']),
            ],
          },
          'A page.',
        ),
      }),
    },
    async handler(request, reply) {
      const { values = false, limit = DEFAULT_LIMIT, ...options } = request.query
      if (values) {
        const text = await entriesText(state, options, limit)
        return reply.header('content-type', JSON_MEDIA_TYPE).send(Buffer.from(text))
      }
      const page = await state.keys({ ...options, limit }).page()
      return reply.send(
        page.cursor === undefined ? { keys: page.items } : { keys: page.items, cursor: page.cursor },
      )
    },
  })
}

async function entriesText(state: State, options: ListingOptions, limit: number): Promise<string> {
  const entries: string[] = []
  let length = 0
  let next = options.cursor
  do {
    const group = Math.min(GROUP, limit - entries.length)
    const page = await state
      .entries<Content>({ ...options, limit: group, ...(next === undefined ? {} : { cursor: next }) })
      .page()
    const texts = page.items.map((item: KeyedEntry<Content>) => entryText(item))
    entries.push(...texts)
    length += texts.reduce((sum, text) => sum + text.length, 0)
    next = page.cursor
  } while (next !== undefined && entries.length < limit && length < MAX_PAGE_LENGTH)
  return `{"entries":[${entries.join()}]${next === undefined ? '' : `,"cursor":${JSON.stringify(next)}`}}`
}
