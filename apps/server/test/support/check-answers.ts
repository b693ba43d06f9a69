import type { IncomingMessage, ServerResponse } from 'node:http'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import type { SwitchyardServer } from '../../src/create-server.ts'
import { afterFile } from './after-file.ts'

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>
}

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Record<string, Described> }>>>
  >
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> }
}

interface Answer {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
}

/** Longer answers are streams. */
const MAX_BYTES = 1_000_000

/**
 * Compares every answer of the server with the OpenAPI document, and fails the file if one differs: its status and content
 * type have to be documented, and JSON has to fit its schema.
 */
export function checkAnswers({ app }: SwitchyardServer): void {
  const document = app.swagger() as unknown as Document
  const problems = new Set<string>()
  const validators = new Map<object, ValidateFunction>()
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'document', components: document.components ?? {} })
  // Literal paths before those with parameters.
  const routes = Object.entries(document.paths)
    .toSorted(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{')))
    .map(([path, methods]) => ({ pattern: patternOf(path), path, methods }))

  function validatorOf(schema: object): ValidateFunction {
    const known = validators.get(schema)
    if (known !== undefined) return known
    // What it refers to is in the document.
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')
    const made = ajv.compile(JSON.parse(text) as object)
    validators.set(schema, made)
    return made
  }

  /** What is wrong with it. */
  function complaintAbout(
    { status, contentType, body }: Answer,
    responses: Readonly<Record<string, Described>>,
  ): string | undefined {
    const described = responses[status] ?? responses['default']
    if (described === undefined) return 'the status is not documented'
    if (body.length === 0) return undefined
    const [type = ''] = contentType.split(';', 1)
    const media = described.content?.[type]
    if (media === undefined)
      return described.content?.['*/*'] ? undefined : `${type || 'no content type'} is not documented`
    if (media.schema === undefined || !/\bjson$/.test(type)) return undefined
    const validate = validatorOf(media.schema)
    return validate(JSON.parse(body.toString())) ? undefined : ajv.errorsText(validate.errors)
  }

  function check(answer: Answer): void {
    const { method, url, status } = answer
    const [path = ''] = url.split('?', 1)
    const route = routes.find(({ pattern }) => pattern.test(path))
    const operation = route?.methods[method.toLowerCase()]
    // Requests for no route get problems, which all tests of them look at.
    if (route === undefined || operation === undefined) return
    const complaint = complaintAbout(answer, operation.responses)
    if (complaint !== undefined) problems.add(`${method} ${route.path}, ${status}: ${complaint}`)
  }

  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    record(request, response, check)
  })
  afterFile(() => expect([...problems]).toEqual([]))
}

/** Calls `done` with what is sent. */
function record(
  { method = '', url = '' }: IncomingMessage,
  response: ServerResponse,
  done: (answer: Answer) => void,
): void {
  const chunks: Buffer[] = []
  let length = 0
  let headers: Readonly<Record<string, unknown>> = {}
  const keep = (chunk: unknown): void => {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return
    length += chunk.length
    if (length <= MAX_BYTES) chunks.push(Buffer.from(chunk as string))
  }
  const { write, end, writeHead } = response
  response.writeHead = ((...given: unknown[]) => {
    headers = { ...response.getHeaders(), ...(given.at(-1) as object) }
    return Reflect.apply(writeHead, response, given)
  }) as typeof writeHead
  response.write = ((...given: unknown[]) => {
    keep(given[0])
    return Reflect.apply(write, response, given)
  }) as typeof write
  response.end = ((...given: unknown[]) => {
    keep(given[0])
    return Reflect.apply(end, response, given)
  }) as typeof end
  response.once('finish', () => {
    if (length > MAX_BYTES || headers['content-encoding'] !== undefined) return
    const contentType = String(headers['content-type'] ?? '')
    // Node sends none of it.
    if (method === 'HEAD') chunks.length = 0
    done({ method, url, status: response.statusCode, contentType, body: Buffer.concat(chunks) })
  })
}

function patternOf(path: string): RegExp {
  const literal = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
