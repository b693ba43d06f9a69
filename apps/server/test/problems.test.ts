import { describe, expect, it } from 'vitest'
import { PROBLEM_TYPES, type ProblemCode } from '../src/problems/problem-types.ts'
import { checkProblem, expectProblem } from './support/expect-problem.ts'
import { failingBackend } from './support/failing-backend.ts'
import { exchange, headerOf, openRaw, readResponse } from './support/raw-http.ts'
import { json, startServer, urlOf } from './support/start-server.ts'

const server = await startServer({ backends: { failing: failingBackend() }, requestTimeout: 400 })

describe('what a backend throws', () => {
  const codes = Object.keys(PROBLEM_TYPES).filter(
    (code) =>
      !/^(BAD_|MALF|NOT_FOUND|ROUTE|METHOD|CROSS|REQUEST|PAYLOAD|UNSUPP|HEADERS|NOT_READY|INTERNAL|EXPECT|CONFLICT|FORBIDDEN)/.test(
        code,
      ),
  )

  it.each(codes)('%s has its own status', async (code) => {
    const { status } = PROBLEM_TYPES[code as ProblemCode]
    const response = await fetch(urlOf(server, `fail:${code}`))
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null)
    const problem = await expectProblem(response, status, code as ProblemCode)
    expect(problem).toMatchObject({ key: `fail:${code}`, detail: `No luck with fail:${code}` })
  })

  it('CONFLICT is 409, and 412 to a request with a precondition', async () => {
    await expectProblem(fetch(urlOf(server, 'fail:CONFLICT')), 409, 'CONFLICT')
    await expectProblem(
      fetch(urlOf(server, 'fail:CONFLICT'), json('PUT', 1, { 'if-match': '"x"' })),
      412,
      'CONFLICT',
    )
  })

  it('is no fault of who asks where it does not let the server in', async () => {
    const problem = await expectProblem(fetch(urlOf(server, 'fail:FORBIDDEN')), 500, 'BACKEND_ERROR')
    expect(problem).toMatchObject({ key: 'fail:FORBIDDEN', detail: 'No luck with fail:FORBIDDEN' })
  })

  it('has no stack', async () => {
    const problem = await expectProblem(fetch(urlOf(server, 'crash')), 500, 'BACKEND_ERROR')
    const fields = ['code', 'detail', 'key', 'requestId', 'status', 'title', 'type']
    expect(Object.keys(problem).toSorted()).toEqual(fields)
  })

  it('names what a batch did not write', async () => {
    const entries = ['one', 'fail:FULL', 'two'].map((key) => ({ key, value: 1 }))
    const problem = await expectProblem(
      fetch(`${server.url}/v1/batch/set`, json('POST', { entries })),
      507,
      'FULL',
    )
    expect(problem['notApplied']).toEqual(['fail:FULL', 'two'])
    expect((await fetch(urlOf(server, 'one'))).status).toBe(200)
  })

  it('refuses before anything is sent', async () => {
    const operations = [
      { op: 'delete', key: 'a' },
      { op: 'delete', key: 'b' },
    ]
    await expectProblem(
      fetch(`${server.url}/v1/transactions`, json('POST', { operations })),
      501,
      'NOT_SUPPORTED',
    )
    await expectProblem(fetch(urlOf(server, 'large'), json('PUT', 'x'.repeat(1000))), 422, 'INVALID_VALUE')
  })

  it('is not ready while it is sick', async () => {
    await fetch(urlOf(server, 'sick'), json('PUT', 1))
    const problem = await expectProblem(fetch(`${server.url}/readyz`), 503, 'NOT_READY')
    expect(problem['detail']).toContain('it is sick')
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await fetch(urlOf(server, 'sick'), { method: 'DELETE' })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  })
})

describe('routes', () => {
  it.each([
    '/nope',
    '/v1',
    '/v1/state/a/b',
    '/v1/batch/put',
    '/v1/state/a/increment/b',
    '//',
    '/v1/events/x',
  ])('%s is none', async (path) => {
    await expectProblem(fetch(server.url + path), 404, 'ROUTE_NOT_FOUND')
  })

  it.each([
    ['POST', '/v1/state/a', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['DELETE', '/v1/state', 'GET, HEAD'],
    ['GET', '/v1/state/a/increment', 'POST'],
    ['PUT', '/v1/batch/get', 'POST'],
    ['HEAD', '/v1/events', 'GET'],
    ['OPTIONS', '/v1/transactions', 'POST'],
    ['PROPFIND', '/', 'GET, HEAD'],
  ])('%s %s is not allowed', async (method, path, allow) => {
    const head = `${method} ${path}?x=1 HTTP/1.1\r\nHost: x\r\n\r\n`
    const socket = await openRaw(server.port, head)
    const answer = await readResponse(socket, method === 'HEAD')
    socket.destroy()
    expect(answer.status).toBe(405)
    expect(headerOf(answer.head, 'allow')).toBe(allow)
    if (method !== 'HEAD') expect(checkProblem(answer)['code']).toBe('METHOD_NOT_ALLOWED')
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'nonsense'])(
    'take no %s where they take JSON',
    async (contentType) => {
      const init = { method: 'POST', body: '{"keys":[]}', headers: { 'content-type': contentType } }
      await expectProblem(fetch(`${server.url}/v1/batch/get`, init), 415, 'UNSUPPORTED_MEDIA_TYPE')
    },
  )
})

describe("what Node's parser refuses", () => {
  const large = 'x'.repeat(40_000)

  it.each([
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${large}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['a URL that is too large', `GET /${large} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'two lengths',
      'PUT /v1/state/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      'BAD_REQUEST',
    ],
    [
      'a length and chunks',
      'PUT /v1/state/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'BAD_REQUEST',
    ],
    [
      'a broken chunk',
      'PUT /v1/state/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
      'BAD_REQUEST',
    ],
    [
      'an unknown expectation',
      'PUT /v1/state/a HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 0\r\n\r\n',
      417,
      'EXPECTATION_FAILED',
    ],
    ['a tunnel', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400, 'BAD_REQUEST'],
  ])('%s', async (_name, bytes, status, code) => {
    expect(checkProblem(await exchange(server.port, bytes))).toMatchObject({ status, code })
  })

  it('a request that does not arrive in time', async () => {
    const partial = [
      'GET / HTTP/1.1\r\nHos',
      'PUT /v1/state/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc',
    ]
    const answers = await Promise.all(partial.map((bytes) => exchange(server.port, bytes)))
    for (const answer of answers) {
      expect(checkProblem(answer)).toMatchObject({ status: 408, code: 'REQUEST_TIMEOUT' })
    }
  })
})

describe('bodies that are too large', () => {
  const length = 64 * 1024 * 1024
  const head = (more: string): string =>
    `PUT /v1/state/a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n${more}\r\n\r\n`

  it('are refused by their length', async () => {
    const answer = await exchange(server.port, head(`Content-Length: ${length}`))
    expect(checkProblem(answer)).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' })
  })

  it('are refused when they turn out to be', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const answer = await exchange(server.port, head('Transfer-Encoding: chunked') + chunk.repeat(40))
    expect(checkProblem(answer)).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' })
  })
})

it('clients that go away in the middle leave nothing behind', async () => {
  const half =
    'PUT /v1/state/half HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nabc'
  for (let i = 0; i < 50; i++) {
    const socket = await openRaw(server.port, half)
    await new Promise((resolve) => socket.write('de', resolve))
    if (i % 2 === 0) socket.resetAndDestroy()
    else socket.destroy()
  }
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
    })
  // Those of fetch stay open.
  while ((await connections()) > 10) await new Promise(setImmediate)
  await expectProblem(fetch(urlOf(server, 'half')), 404, 'NOT_FOUND')
})
