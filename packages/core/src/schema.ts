import type { StandardSchemaV1 } from '@standard-schema/spec'
import { StateError } from './errors.ts'
import { describeIssue } from './plugin.ts'
import type { Awaitable } from './store.ts'

/**
 * What the schema makes of the value.
 *
 * @throws StateError `INVALID_VALUE` with path and reason of everything the schema refuses.
 */
export function validate<Out>(
  schema: StandardSchemaV1<unknown, Out>,
  value: unknown,
  key: string,
): Awaitable<Out> {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then((late) => valid(late, key)) : valid(result, key)
}

function valid<Out>(result: StandardSchemaV1.Result<Out>, key: string): Out {
  if (result.issues === undefined) return result.value
  const reasons = result.issues.map((issue) => describeIssue(issue)).join('; ')
  throw new StateError('INVALID_VALUE', `The value for '${key}' does not fit its schema: ${reasons}`, { key })
}
