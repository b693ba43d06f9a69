import type { KeyedEntry, State } from '@switchyard/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type AllowedPageOptions, allowedPage } from '../access/allowed-page.ts'
import { allowedPrefixes } from '../access/key-rules.ts'
import type { Content } from '../content/content.ts'
import { entryText } from '../content/wire-value.ts'
import { ifNoneMatchHeader, sendTagged, taggedHeaders } from '../http/send-tagged.ts'
import { entry, key } from '../schemas/fields.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { empty, ok, responses } from '../schemas/responses.ts'

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

const readsOf = ({ query }: FastifyRequest): boolean => (query as ListRoute['Querystring']).values === true

/** GET /v1/state: keys in UTF-8 byte order, page by page. */
export function listRoute(app: FastifyInstance, state: State): void {
  app.get<ListRoute>('/v1/state', {
    config: { access: { scope: 'list', reads: readsOf, keys: 'checked' } },
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
      headers: ifNoneMatchHeader,
      response: responses({
        200: ok(
          {
            oneOf: [
              record({ keys: listOf(key), cursor }, ['keys']),
              record({ entries: listOf(entry), cursor }, ['entries']),
            ],
          },
          'A page.',
          taggedHeaders,
        ),
        304: empty('The page is as it was.'),
      }),
    },
    async handler(request, reply) {
      const { prefix = '', values = false, limit = DEFAULT_LIMIT, cursor: from } = request.query
      const prefixes = allowedPrefixes(request, prefix)
      if (values) {
        return sendTagged(request, reply, await entriesText(state, { prefixes, limit, cursor: from }))
      }
      const page = await allowedPage({
        list: (options) => state.keys(options),
        keyOf: (found) => found,
        prefixes,
        limit,
        cursor: from,
      })
      return sendTagged(request, reply, JSON.stringify({ keys: page.items, cursor: page.cursor }))
    },
  })
}

async function entriesText(
  state: State,
  { prefixes, limit, cursor: from }: Pick<AllowedPageOptions<unknown>, 'prefixes' | 'limit' | 'cursor'>,
): Promise<string> {
  const entries: string[] = []
  let length = 0
  let next = from
  do {
    const group = Math.min(GROUP, limit - entries.length)
    const page = await allowedPage<KeyedEntry<Content>>({
      list: (options) => state.entries(options),
      keyOf: (found) => found.key,
      prefixes,
      limit: group,
      cursor: next,
    })
    const texts = page.items.map((item) => entryText(item))
    entries.push(...texts)
    length += texts.reduce((sum, text) => sum + text.length, 0)
    next = page.cursor
  } while (next !== undefined && entries.length < limit && length < MAX_PAGE_LENGTH)
  return `{"entries":[${entries.join()}]${next === undefined ? '' : `,"cursor":${JSON.stringify(next)}`}}`
}
