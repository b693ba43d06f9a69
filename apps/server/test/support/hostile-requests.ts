import fc, { type Arbitrary } from 'fast-check'
import { notJson, request } from './malformed-requests.ts'

/** A route as it was registered, with the schemas of its query and its body. */
export interface Target {
  readonly method: string
  readonly url: string
  readonly querystring: Schema
  readonly body: Schema
}

export interface HostileRequest {
  readonly method: string
  readonly url: string
  readonly bytes: Buffer
}

/** As much of JSON Schema as the routes have. */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
  readonly const?: unknown
  readonly enum?: readonly unknown[]
}

/** JSON texts that stand where something else is expected. */
const wrongJson: Arbitrary<string> = fc.oneof(
  fc.constantFrom('null', 'true', '[]', '{}', '""', '0', '-1', '-0', '1.5', '[null]', '[[]]', '{"":null}'),
  fc.constantFrom('1e999', '-1e999', '1e308', '9007199254740993', '18446744073709551616', '1e-400'),
  fc.integer({ min: 20, max: 400 }).map((digits) => '9'.repeat(digits)),
  fc.constantFrom(
    '"\\u0000"',
    '"\\ud800"',
    '"__proto__"',
    '"."',
    '"../../etc/passwd"',
    '"\u{10ffff}switchyard:x"',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => JSON.stringify(text)),
  fc.integer({ min: 1000, max: 5000 }).map((length) => JSON.stringify('x'.repeat(length))),
  fc.integer({ min: 1, max: 500 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constantFrom('{"__proto__":{"a":1}}', '{"constructor":{"prototype":{}}}', '{"a":1,"a":2}'),
)

/** JSON text of nearly this schema: some of it is as it should be, so that the rest is looked at. */
function nearly({ properties, items, oneOf, content, ...schema }: Schema): Arbitrary<string> {
  const [described] = Object.values(content ?? {})
  if (described !== undefined) return nearly(described.schema)
  if (oneOf !== undefined) return fc.oneof(...oneOf.map(nearly))
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (values !== undefined) {
    const texts = values.map((value) => JSON.stringify(value))
    return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...texts) }, wrongJson)
  }
  if (items !== undefined) {
    const list = fc.array(nearly(items), { maxLength: 4 }).map((texts) => `[${texts.join()}]`)
    return fc.oneof({ weight: 5, arbitrary: list }, wrongJson)
  }
  if (properties === undefined)
    return fc.oneof({ weight: 2, arbitrary: fc.constantFrom('"a"', '1') }, wrongJson)
  const fields = Object.entries(properties).map(([name, field]) =>
    fc
      .option(nearly(field), { freq: 5, nil: undefined })
      .map((text) => (text === undefined ? [] : [`${JSON.stringify(name)}:${text}`])),
  )
  const object = fc.tuple(...fields).map((texts) => `{${texts.flat().join()}}`)
  return fc.oneof({ weight: 9, arbitrary: object }, wrongJson)
}

const parameter = fc.constantFrom(
  ...[
    '',
    '0',
    '-1',
    '1e999',
    '9'.repeat(400),
    'NaN',
    'true',
    'null',
    '%00',
    '%ff',
    '%',
    '..%2f..',
    '[]',
    'a&a=b',
  ],
)

function queryOf({ properties = {} }: Schema): Arbitrary<string> {
  const name = fc.constantFrom('unknown', '__proto__', ...Object.keys(properties))
  const pairs = fc.array(fc.tuple(name, parameter), { minLength: 1, maxLength: 3 })
  const query = pairs.map((some) => `?${some.map(([of, value]) => `${of}=${value}`).join('&')}`)
  return fc.oneof({ weight: 3, arbitrary: fc.constant('') }, query)
}

const segment = fc.constantFrom(
  'a',
  'x',
  '%00',
  '%ff',
  '%',
  '..',
  '%2e%2e%2f',
  '__proto__',
  'x'.repeat(2000),
  '%F4%8F%BF%BFswitchyard%3Ax',
)

function pathOf(url: string): Arbitrary<string> {
  const parts = url.split(/(:\w+|\*)/)
  return fc
    .tuple(...parts.map((part, i) => (i % 2 === 0 ? fc.constant(part) : segment)))
    .map((all) => all.join(''))
}

const header = fc.constantFrom(
  ...['If-Match: x', 'If-None-Match: *', 'If-Match: "a"', 'Idempotency-Key: k', 'Idempotency-Key: a b'],
  ...[
    'Last-Event-ID: -1',
    'Range: bytes=9-1',
    'Accept-Encoding: gzip;q=x',
    'Upgrade: websocket',
    'Cookie: =;=',
    'X-Request-Id: \xff',
  ],
)

const contentType = fc.constantFrom(
  ...['application/json', 'application/merge-patch+json', 'application/json; charset=utf-7', 'text/plain'],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
    '/',
    '*/*',
    'a/b; =',
  ],
)

/** Requests to these routes that get something wrong: the body, its type, the query, the path, the headers; or nothing. */
export function hostileRequest(targets: readonly Target[]): Arbitrary<HostileRequest> {
  return fc.constantFrom(...targets).chain(({ method, url, querystring, body }) => {
    const json = fc.constant('application/json')
    const typeAndBody: Arbitrary<readonly [string | undefined, string | Buffer | undefined]> = fc.oneof(
      fc.constant([undefined, undefined] as const),
      fc.tuple(fc.option(contentType, { nil: undefined }), fc.constantFrom('', undefined)),
      fc.tuple(contentType, fc.constantFrom('{}', 'a=b', '\0')),
      fc.tuple(json, notJson),
      fc.tuple(json, wrongJson),
      { weight: 4, arbitrary: fc.tuple(json, nearly(body)) },
    )
    return fc
      .tuple(pathOf(url), queryOf(querystring), typeAndBody, fc.option(header, { nil: undefined }))
      .map(([path, query, [type, content], more]) => {
        const headers = [
          ...(type === undefined ? [] : [`Content-Type: ${type}`]),
          ...(more === undefined ? [] : [more]),
        ]
        return {
          method,
          url,
          bytes: request(method, path + query, { headers, ...(content !== undefined && { body: content }) }),
        }
      })
  })
}
