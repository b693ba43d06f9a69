import { type JsonSchema, record } from './json-schema.ts'

/** Keys, entries or operations in one call. */
export const MAX_BATCH = 1000

export const key: JsonSchema = {
  type: 'string',
  description: '1 to 1,024 bytes of UTF-8 without NUL, never rewritten.',
}

export const version: JsonSchema = {
  type: 'string',
  description: 'Changes with every write and is never used again. The ETag is the version in quotes.',
}

export const expiresAt: JsonSchema = {
  type: 'integer',
  description: 'Unix time in milliseconds; absent: never.',
}

export const ttl: JsonSchema = {
  type: ['number', 'string'],
  description: 'Milliseconds above 0, or text with a unit: 500ms, 30s, 5m, 1h, 7d, 2w.',
  examples: ['5m', 300_000],
}

export const by: JsonSchema = { type: 'integer', default: 1, description: 'A safe integer.' }

const jsonValue: JsonSchema = { description: 'Any JSON.' }

const contentType: JsonSchema = { type: 'string', minLength: 1, description: 'Such as image/png.' }

const base64: JsonSchema = { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' }

/** A value within a document, with other fields beside it: `value` for JSON, else `contentType` and `base64`. */
export function withValue(
  fields: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  return {
    ...record({ ...fields, value: jsonValue, contentType, base64 }, required),
    dependentRequired: { contentType: ['base64'], base64: ['contentType'] },
    oneOf: [{ required: ['value'] }, { required: ['contentType', 'base64'] }],
  }
}

export const entry: JsonSchema = withValue({ key, version, expiresAt }, ['key', 'version'])

export const written: JsonSchema = record({ version, expiresAt }, ['version'])

export const incremented: JsonSchema = record({ value: { type: 'integer' }, version, expiresAt }, [
  'value',
  'version',
])
