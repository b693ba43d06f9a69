import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifySchemaCompiler } from 'fastify'
import { MALFORMED } from './query-string.ts'

interface InvalidPart {
  readonly error: Error & { readonly statusCode: number }
}

type PartValidator = (data: unknown) => true | InvalidPart

/** A query is text, so its numbers and booleans are read from text; a body says what it means. */
const queryAjv = new Ajv2020({ coerceTypes: true, strict: true, allowUnionTypes: true })
const bodyAjv = new Ajv2020({
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  discriminator: true,
})

/** Checks queries and bodies. Path and header schemas are there for the documentation. */
export const compileValidator: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  if (httpPart !== 'querystring' && httpPart !== 'body') return () => true
  const where = httpPart === 'body' ? 'body' : 'query'
  const ajv = httpPart === 'body' ? bodyAjv : queryAjv
  // When it is first needed: all of them together take longer than the rest of the start.
  let validate: ValidateFunction | undefined
  const check: PartValidator = (data) => {
    validate ??= ajv.compile(schema)
    if (validate(data)) return true
    const detail = describe(where, validate.errors ?? [])
    return { error: Object.assign(new Error(detail), { statusCode: 400 }) }
  }
  return check
}

/** One line for the error that tells the most. */
function describe(where: string, errors: readonly ErrorObject[]): string {
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors.at(-1)
  if (error === undefined) return `The ${where} does not fit`
  const path = where + error.instancePath
  switch (error.keyword) {
    case 'additionalProperties': {
      const name: unknown = error.params['additionalProperty']
      return name === MALFORMED ? `${path}: ${MALFORMED}` : `${path} has no field ${JSON.stringify(name)}`
    }
    case 'oneOf':
      return `${path} must have either 'value', or 'contentType' and 'base64'`
    case 'enum':
    case 'const':
      return `${path} ${error.message}: ${JSON.stringify(error.params['allowedValues'] ?? error.params['allowedValue'])}`
    default:
      return `${path} ${error.message}`
  }
}
