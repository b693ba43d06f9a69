import fc, { type Arbitrary } from 'fast-check'

const JSON_ROUTES = [
  '/v1/batch/get',
  '/v1/batch/set',
  '/v1/batch/delete',
  '/v1/transactions',
  '/v1/state/n/increment',
]
const LIMIT = 1_048_576

interface Parts {
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
}

/** A request that is whole as far as HTTP is concerned. */
export function request(method: string, target: string, { headers = [], body }: Parts = {}): Buffer {
  const bytes = Buffer.from(body ?? '')
  const length = body === undefined ? [] : [`Content-Length: ${bytes.length}`]
  const head = [`${method} ${target} HTTP/1.1`, 'Host: x', ...headers, ...length]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
}

/** A request that HTTP itself refuses. */
function raw(...lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

const JSON_TYPE = 'Content-Type: application/json'

function withJson(method: string, target: string, body: string | Buffer): Buffer {
  return request(method, target, { headers: [JSON_TYPE], body })
}

export const notJson: Arbitrary<string | Buffer> = fc.oneof(
  fc.constantFrom(
    '{',
    '[',
    '"',
    '{"a":',
    '[1,',
    'tru',
    "{'a':1}",
    'NaN',
    '1 2',
    '{"a":1,}',
    '\0',
    '01',
    '',
    '\ufeff{}',
  ),
  fc.json().map((text) => `${text}}`),
  fc.json().map((text) => `[${text}`),
  fc.constant(Buffer.from([0x22, 0xc3, 0x28, 0x22])),
  fc.integer({ min: 513, max: 100_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 513, max: 50_000 }).map((depth) => '{"a":'.repeat(depth)),
)

/** JSON that is neither an object nor anything with the right fields. */
const wrongType: Arbitrary<unknown> = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.record({ length: fc.nat() }),
)

const badEncoding = fc.constantFrom('%', '%z', '%zz', 'a%2', '%ff', '%e0%a4%zz', '%c3%28', '%u0041', '%%')
const longKey = fc.integer({ min: 1025, max: 4000 }).map((length) => 'k'.repeat(length))
const badTtl = fc.oneof(
  fc.integer({ max: 0 }).map(String),
  fc.constantFrom('-1s', '0ms', 'soon', '5y', '1e999', 'NaN', ''),
)

const route = fc.constantFrom(...JSON_ROUTES)
const method = fc.constantFrom('PUT', 'PATCH')

/** All that clients get wrong. Each is to be answered with a problem of the 400s. */
export const malformedRequest: Arbitrary<Buffer> = fc.oneof(
  // Bodies.
  fc.tuple(method, notJson).map(([name, body]) => withJson(name, '/v1/state/m', body)),
  fc
    .tuple(
      route,
      notJson.filter((body) => body.length > 0),
    )
    .map(([path, body]) => withJson('POST', path, body)),
  fc.tuple(route, wrongType).map(([path, body]) => withJson('POST', path, JSON.stringify(body))),
  wrongType.map((keys) => withJson('POST', '/v1/batch/get', JSON.stringify({ keys }))),
  wrongType.map((key) => withJson('POST', '/v1/batch/delete', JSON.stringify({ keys: [key, 1] }))),
  wrongType.map((operations) => withJson('POST', '/v1/transactions', JSON.stringify({ operations }))),
  fc
    .double({ noInteger: true, noNaN: true, noDefaultInfinity: true })
    .map((by) => withJson('POST', '/v1/state/n/increment', JSON.stringify({ by }))),
  fc
    .constantFrom('"__proto__":{"a":1}', '"constructor":{}', '"toString":1', '"hasOwnProperty":null')
    .map((field) => withJson('POST', '/v1/batch/get', `{"keys":[],${field}}`)),
  fc
    .constantFrom('"__proto__":{"value":1}', '"__proto__":1')
    .map((field) => withJson('POST', '/v1/batch/set', `{"entries":[{"key":"a",${field}}]}`)),
  // Keys, parameters and headers.
  fc.tuple(method, longKey).map(([name, key]) => withJson(name, `/v1/state/${key}`, '{}')),
  longKey.map((key) => withJson('POST', '/v1/batch/set', JSON.stringify({ entries: [{ key, value: 1 }] }))),
  fc.constantFrom('%00', 'a%00b').map((key) => withJson('PUT', `/v1/state/${key}`, '1')),
  badEncoding.map((text) => request('GET', `/v1/state/${text}`)),
  badEncoding.map((text) => request('GET', `/v1/state?prefix=${text}`)),
  fc.tuple(method, badTtl).map(([name, ttl]) => withJson(name, `/v1/state/m?ttl=${ttl}`, '{}')),
  fc
    .integer({ max: 0 })
    .map((ttl) =>
      withJson('POST', '/v1/batch/set', JSON.stringify({ entries: [{ key: 'm', value: 1, ttl }] })),
    ),
  fc
    .constantFrom('0', '-1', '1001', '1e3x', 'x', '', '1&limit=2')
    .map((limit) => request('GET', `/v1/state?limit=${limit}`)),
  fc.stringMatching(/^[a-z]{4,8}$/).map((name) => request('GET', `/v1/state/m?x${name}=1`)),
  fc
    .tuple(
      fc.constantFrom('If-Match', 'If-None-Match'),
      fc.constantFrom('x', '"x', '"a" "b"', '*,*', 'W/x', ',', '"a",,'),
    )
    .map(([name, value]) => request('PUT', '/v1/state/m', { headers: [`${name}: ${value}`] })),
  fc
    .constantFrom(
      'nonsense',
      '/',
      'a/',
      '/b',
      'text/plain; x',
      `text/${'x'.repeat(300)}`,
      'application/json; charset=utf-7',
    )
    .map((type) => request('PUT', '/v1/state/m', { headers: [`Content-Type: ${type}`], body: '1' })),
  fc
    .tuple(route, fc.constantFrom('text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'x'))
    .map(([path, type]) => request('POST', path, { headers: [`Content-Type: ${type}`], body: '{}' })),
  // Sizes.
  fc
    .integer({ min: LIMIT + 1, max: 2 ** 40 })
    .map((length) =>
      raw('PUT /v1/state/m HTTP/1.1', 'Host: x', 'Content-Type: text/plain', `Content-Length: ${length}`),
    ),
  fc
    .integer({ min: LIMIT + 1, max: LIMIT + 100_000 })
    .map((length) => withJson('POST', '/v1/batch/set', ' '.repeat(length))),
  fc
    .integer({ min: 20_000, max: 200_000 })
    .map((length) => request('GET', '/', { headers: [`X: ${'x'.repeat(length)}`] })),
  fc.integer({ min: 20_000, max: 200_000 }).map((length) => request('GET', `/${'x'.repeat(length)}`)),
  // Routes.
  fc.stringMatching(/^[a-z]{1,20}$/).map((path) => request('GET', `/v0/${path}`)),
  fc
    .tuple(
      fc.constantFrom('DELETE', 'POST', 'PROPFIND', 'OPTIONS', 'TRACE'),
      fc.constantFrom('/v1/stats', '/v1/state', '/'),
    )
    .map(([name, path]) => request(name, path)),
  // HTTP itself.
  fc
    .uint8Array({ minLength: 1, maxLength: 3000 })
    .map((bytes) =>
      Buffer.concat([Buffer.from([bytes[0] === undefined ? 0 : 0x80 | bytes[0]]), Buffer.from(bytes)]),
    ),
  fc.constantFrom(
    raw('FOO / HTTP/1.1', 'Host: x'),
    raw('GET / HTTP/9.9', 'Host: x'),
    raw('GET / HTTP/1.1', 'Ho st: x'),
    raw('GET / HTTP/1.1', 'Host: x', 'A: \0'),
    raw('GET / HTTP/1.1', 'No colon'),
    raw('GET / HTTP/1.1'),
    raw('PUT /v1/state/m HTTP/1.1', 'Host: x', 'Content-Length: -1'),
    raw('PUT /v1/state/m HTTP/1.1', 'Host: x', 'Content-Length: 1, 2'),
    raw('PUT /v1/state/m HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
    raw('PUT /v1/state/m HTTP/1.1', 'Host: x', 'Transfer-Encoding: gzip'),
    raw('PUT /v1/state/m HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked', '', 'nothex'),
    raw('PUT /v1/state/m HTTP/1.1', 'Host: x', 'Expect: miracles'),
    raw('CONNECT x:443 HTTP/1.1', 'Host: x'),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
  ),
)
