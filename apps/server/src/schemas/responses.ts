import { PROBLEM_TYPES } from '../problems/problem-types.ts'
import { type JsonSchema, listOf, record } from './json-schema.ts'

/** The name of {@link problemSchema} for references. */
const PROBLEM = 'Problem'

const problemFields: Readonly<Record<string, JsonSchema>> = {
  type: { type: 'string', format: 'uri' },
  title: { type: 'string' },
  status: { type: 'integer' },
  detail: { type: 'string', description: 'For people; it may change.' },
  code: { type: 'string', enum: Object.keys(PROBLEM_TYPES) },
  requestId: { type: 'string', description: 'As in `x-request-id`, and in the log.' },
  key: { type: 'string', description: 'The key that it is about, where there is one.' },
  notApplied: listOf({ type: 'string' }, { description: 'Of a batch: the keys that were not written.' }),
}

const REQUIRED = ['type', 'title', 'status', 'detail', 'code']

export const problemSchema: JsonSchema = {
  $id: PROBLEM,
  description: 'A problem document of RFC 9457. Programs read `code`.',
  ...record(problemFields, REQUIRED),
}

const anyProblem: JsonSchema = {
  description: 'A problem; its `code` says which.',
  content: { 'application/problem+json': { schema: { $ref: `${PROBLEM}#` } } },
}

export function ok(schema: JsonSchema, description: string, headers: JsonSchema = {}): JsonSchema {
  return {
    description,
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { 'application/json': { schema } },
  }
}

export function empty(description: string): JsonSchema {
  return { description, type: 'null' }
}

/** A problem that tells more than others do. */
export function problemWith(fields: Readonly<Record<string, JsonSchema>>, description: string): JsonSchema {
  const schema = record({ ...problemFields, ...fields }, [...REQUIRED, ...Object.keys(fields)])
  return { description, content: { 'application/problem+json': { schema } } }
}

/** All answers of a route: its own, and problems. */
export function responses(own: Readonly<Record<number, JsonSchema>>): Record<string, JsonSchema> {
  return { ...own, default: anyProblem }
}
