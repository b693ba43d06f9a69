import { type JsonSchema, record } from './json-schema.ts'

export const keyInPath: JsonSchema = {
  type: 'object',
  properties: {
    key: {
      type: 'string',
      description:
        'The key, percent-encoded: `a/b` is `a%2Fb`. `.` and `..` cannot stand in a path; batches carry them.',
    },
  },
  required: ['key'],
}

export const noQuery: JsonSchema = record({})

const ttlText: JsonSchema = {
  type: 'string',
  description: 'Milliseconds, or text with a unit: 500ms, 30s, 5m, 1h, 7d, 2w.',
  examples: ['5m', '300000'],
}

export const ttlQuery: JsonSchema = record({ ttl: ttlText }, [])

export const putQuery: JsonSchema = record(
  {
    ttl: ttlText,
    keepTtl: { type: 'boolean', description: 'Keep the expiry that the key has. Not together with `ttl`.' },
  },
  [],
)

const ifMatch: JsonSchema = {
  type: 'string',
  description: 'Quoted versions, or `*` for any: one of them must be the present one, else 412.',
}
const ifNoneMatch: JsonSchema = {
  type: 'string',
  description:
    'Quoted versions, or `*` for any: none of them may be the present one, else 412 (304 for a read).',
}

export const conditionHeaders: JsonSchema = {
  type: 'object',
  properties: { 'If-Match': ifMatch, 'If-None-Match': ifNoneMatch },
}

export const entryHeaders: JsonSchema = {
  ETag: { type: 'string', description: 'The version, quoted.' },
  'Expires-At': { type: 'string', format: 'date-time', description: 'When it expires; absent: never.' },
}
