import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StateErrorCode } from '@switchyard/core'
import { startProxy, type TcpProxy } from '@switchyard/services'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Client, type ClientOptions, createClient } from '../src/index.ts'
import { settingsOf } from '../src/options.ts'
import { listInOne } from '../src/remote/list.ts'
import { createTransport } from '../src/transport.ts'
import { rejection } from './rejects.ts'
import { type RunningServer, startServer } from './start-server.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Something that answers as it is told to, and counts how often it was asked. */
async function answering(
  answer: (response: ServerResponse, count: number, request: IncomingMessage) => void,
): Promise<{ readonly url: string; readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume().on('end', () => answer(response, requests.length, request))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

function problem(
  response: ServerResponse,
  status: number,
  code: string,
  more: object = {},
  headers: object = {},
): void {
  const body = JSON.stringify({ type: 'urn:x', title: 'x', status, detail: `it is ${code}`, code, ...more })
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers }).end(body)
}

const reads: readonly [string, (client: Client) => Promise<unknown>][] = [
  ['get', (client) => client.get('key')],
  ['has', (client) => client.has('key')],
  ['getMany', (client) => client.getMany(['key'])],
  ['list', (client) => client.keys().page()],
  ['stats', (client) => client.stats()],
  ['config', (client) => client.config()],
  ['backups', (client) => client.backups()],
  ['audit', (client) => client.audit()],
  ['debugState', (client) => client.debugState()],
  ['debugComponent', (client) => client.debugComponent('switch')],
]
const writes: readonly [string, (client: Client) => Promise<unknown>][] = [
  ['set', (client) => client.set('key', 1)],
  ['delete', (client) => client.delete('key')],
  ['increment', (client) => client.increment('key')],
  ['patch', (client) => client.patch('key', {})],
  ['setMany', (client) => client.setMany([{ key: 'key', value: 1 }])],
  ['transaction', (client) => client.transaction({ operations: [{ op: 'delete', key: 'key' }] })],
]
const actions: readonly [string, (client: Client) => Promise<unknown>][] = [
  ['patchConfig', (client) => client.patchConfig({})],
  ['backup', (client) => client.backup()],
  ['restore', (client) => client.restore('monday')],
]

describe('a problem of the server', () => {
  it.each([
    ['CONFLICT', 409, 'CONFLICT', true],
    ['FULL', 507, 'FULL', false],
    ['READ_ONLY', 403, 'READ_ONLY', false],
    ['TIMEOUT', 504, 'TIMEOUT', true],
    ['OUTCOME_UNKNOWN', 504, 'OUTCOME_UNKNOWN', false],
    ['BACKEND_ERROR', 500, 'BACKEND_ERROR', false],
    ['INTERNAL', 500, 'BACKEND_ERROR', false],
    ['ROUTE_NOT_FOUND', 404, 'NOT_SUPPORTED', false],
    ['PAYLOAD_TOO_LARGE', 413, 'INVALID_VALUE', false],
    ['REQUEST_TIMEOUT', 408, 'TIMEOUT', true],
    ['UNAUTHENTICATED', 401, 'FORBIDDEN', false],
    ['FORBIDDEN', 403, 'FORBIDDEN', false],
    ['IDEMPOTENCY_KEY_REUSED', 422, 'INVALID_OPTIONS', false],
  ] as const)('%s is %s', async (code, status, expected, retryable) => {
    const { url, requests } = await answering((response) => problem(response, status, code, { key: 'k' }))
    const error = await rejection(createClient({ url }).set('k', 1), expected)
    expect(error).toMatchObject({ key: 'k', operation: 'set', retryable, message: `it is ${code}` })
    expect(requests).toHaveLength(1)
  })

  it('keeps the keys that were not written', async () => {
    const { url, requests } = await answering((response) =>
      problem(response, 503, 'UNAVAILABLE', { notApplied: ['b'] }, { 'retry-after': '0' }),
    )
    const entries = ['a', 'b'].map((key) => ({ key, value: 1 }))
    const error = await rejection(createClient({ url }).setMany(entries), 'UNAVAILABLE')
    expect(error.notApplied).toEqual(['b'])
    // Some of it was applied, so it is not sent again.
    expect(requests).toHaveLength(1)
  })
})

it('a watch, a list and a read that are not allowed are FORBIDDEN', async () => {
  const { url } = await answering((response) => problem(response, 403, 'FORBIDDEN'))
  const client = createClient({ url })
  await rejection(client.watch().next(), 'FORBIDDEN')
  await rejection(client.watchServer().next(), 'FORBIDDEN')
  await rejection(client.keys().page(), 'FORBIDDEN')
  await rejection(client.get('key'), 'FORBIDDEN')
  await rejection(client.backends(), 'FORBIDDEN')
})

describe('text that no URL can hold', () => {
  const broken = '\ud800'
  it.each<[string, StateErrorCode, (client: Client) => Promise<unknown>]>([
    ['a key', 'INVALID_KEY', (client) => client.get(broken)],
    ['the prefix of a watch', 'INVALID_KEY', (client) => client.watch(broken).next()],
    ['the prefix of a list', 'INVALID_KEY', (client) => client.keys({ prefix: broken }).page()],
    ['a cursor', 'INVALID_OPTIONS', (client) => client.keys({ cursor: broken }).page()],
    ['a component', 'INVALID_OPTIONS', (client) => client.debugComponent(broken)],
    ['a switch', 'INVALID_OPTIONS', (client) => client.switchStatus(broken)],
    ['a switch to abort', 'INVALID_OPTIONS', (client) => client.abortSwitch(broken)],
  ])('%s is refused', async (_, code, call) => {
    const { url, requests } = await answering((response) => problem(response, 404, 'NOT_FOUND'))
    await rejection(call(createClient({ url })), code)
    expect(requests).toHaveLength(0)
  })
})

describe('what is refused for now', () => {
  it.each([...reads, ...writes, ...actions])('%s: is asked for again', async (_, call) => {
    const { url, requests } = await answering((response) => problem(response, 503, 'OVERLOADED'))
    await rejection(call(createClient({ url, retries: 2 })), 'OVERLOADED')
    expect(requests).toHaveLength(3)
    requests.length = 0
    await rejection(call(createClient({ url, retries: 0 })), 'OVERLOADED')
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['RATE_LIMITED', 429, 'OVERLOADED'],
    ['AUDIT_UNAVAILABLE', 503, 'UNAVAILABLE'],
  ] as const)('%s is %s %s in the end', async (code, status, expected) => {
    const { url, requests } = await answering((response) => problem(response, status, code))
    await rejection(createClient({ url, retries: 1 }).set('k', 1), expected)
    expect(requests).toHaveLength(2)
  })

  it('is given when the server has recovered', async () => {
    const { url, requests } = await answering((response, count) => {
      if (count === 1) problem(response, 503, 'CLOSED')
      else if (count === 2) response.writeHead(429).end('slow down')
      else response.writeHead(200, { 'content-type': 'application/json', etag: '"v"' }).end('{"version":"v"}')
    })
    expect(await createClient({ url }).set('key', 1)).toEqual({ version: 'v' })
    expect(requests).toHaveLength(3)
  })

  it.each([() => '1', () => new Date(Date.now() + 2000).toUTCString()])(
    'is not asked for before the server says so',
    async (retryAfter) => {
      const times: number[] = []
      const { url } = await answering((response) => {
        times.push(performance.now())
        problem(response, 503, 'UNAVAILABLE', {}, { 'retry-after': retryAfter() })
      })
      await rejection(createClient({ url, retries: 1 }).get('key'), 'UNAVAILABLE')
      expect((times[1] as number) - (times[0] as number)).toBeGreaterThan(990)
    },
  )

  it('is not waited for longer than the call may take', async () => {
    const { url, requests } = await answering((response) =>
      problem(response, 503, 'UNAVAILABLE', {}, { 'retry-after': '60' }),
    )
    const started = performance.now()
    await rejection(createClient({ url, timeoutMs: 5000 }).get('key'), 'UNAVAILABLE')
    expect(performance.now() - started).toBeLessThan(4000)
    expect(requests).toHaveLength(1)
  })

  it('is given up while it waits', async () => {
    const { url } = await answering((response) =>
      problem(response, 503, 'UNAVAILABLE', {}, { 'retry-after': '5' }),
    )
    const controller = new AbortController()
    const call = createClient({ url }).set('key', 1, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 50)
    expect((await rejection(call, 'ABORTED')).message).toContain('enough')
  })
})

describe('what is no Switchyard server', () => {
  it.each([
    ['404 of its own', 404, {}, 'BACKEND_ERROR'],
    ['401', 401, {}, 'BACKEND_ERROR'],
    ['a redirect', 302, { location: 'https://elsewhere.example/' }, 'BACKEND_ERROR'],
    ['a page', 200, { 'content-type': 'text/html' }, 'BACKEND_ERROR'],
  ] as const)('%s is no missing key', async (_, status, headers, code) => {
    const { url } = await answering((response) => response.writeHead(status, headers).end('<html>'))
    const client = createClient({ url })
    await rejection(client.get('key'), code)
    await rejection(client.set('key', 1), code)
    await rejection(client.getMany(['key']), code)
  })

  it.each([502, 504])('%i: a read has failed, a write may have been applied', async (status) => {
    const { url, requests } = await answering((response) => response.writeHead(status).end())
    const client = createClient({ url })
    await rejection(client.get('key'), 'UNAVAILABLE')
    expect(requests).toHaveLength(3)
    await rejection(client.set('key', 1), 'OUTCOME_UNKNOWN')
    expect(requests).toHaveLength(4)
  })

  it('503: a write may have been applied, unless it is told when to come back', async () => {
    const { url, requests } = await answering((response) => response.writeHead(503).end())
    await rejection(createClient({ url }).set('key', 1), 'OUTCOME_UNKNOWN')
    expect(requests).toHaveLength(1)
    const polite = await answering((response) => response.writeHead(503, { 'retry-after': '0' }).end())
    await rejection(createClient({ url: polite.url }).set('key', 1), 'UNAVAILABLE')
    expect(polite.requests).toHaveLength(3)
  })

  it('a stream of events that are none of the server ends the watch', async () => {
    const { url } = await answering((response) =>
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end('id: a\n\nevent: change\ndata: nonsense\n\n'),
    )
    await rejection(createClient({ url }).watch().next(), 'BACKEND_ERROR')
  })

  it('a list that is none of the server fails', async () => {
    const { url } = await answering((response) => response.writeHead(200).end('<html>\n'))
    const transport = createTransport(settingsOf({ url }))
    await rejection(listInOne(transport, {}).next(), 'BACKEND_ERROR')
  })

  it('an empty 200 says neither that a key is there nor that it is deleted', async () => {
    const { url } = await answering((response) => response.writeHead(200).end())
    await rejection(createClient({ url }).has('key'), 'BACKEND_ERROR')
    await rejection(createClient({ url }).delete('key'), 'BACKEND_ERROR')
  })
})

describe('a server that is not there', () => {
  it.each([...reads, ...writes, ...actions])('%s: is UNAVAILABLE, as nothing was sent', async (_, call) => {
    const server = await startServer()
    await server.close()
    const error = await rejection(call(createClient({ url: server.url, retries: 1 })), 'UNAVAILABLE')
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('ECONNREFUSED') })
  })
})

describe('a connection', () => {
  let server: RunningServer
  let proxy: TcpProxy

  beforeAll(async () => {
    server = await startServer()
    return () => server.close()
  })

  beforeEach(async () => {
    proxy = await startProxy(server)
    ends.push(() => proxy.close())
  })

  const clientOf = (options: Partial<ClientOptions> = {}): Client =>
    createClient({ url: `http://127.0.0.1:${proxy.port}`, ...options })

  it('that is cut before the answer: a read is repeated', async () => {
    await server.state.set('key', {
      contentType: 'application/json',
      body: new TextEncoder().encode('"kept"'),
    })
    const client = clientOf()
    proxy.cutReplyAfter(10)
    expect(await client.get('key')).toBe('kept')
  })

  it.each(writes)(
    'that is cut before the answer: %s is done once, and its outcome is unknown',
    async (_, call) => {
      await server.state.deleteMany(['key'])
      let changes = 0
      const off = server.state.on('change', () => void changes++)
      await createClient({ url: server.url }).set('key', 1)
      const client = clientOf()
      proxy.cutReplyAfter(10)
      await rejection(call(client), 'OUTCOME_UNKNOWN')
      off()
      expect(changes).toBe(2)
    },
  )

  it.each(actions)(
    'that is cut before the answer: %s is asked for once, and its outcome is unknown',
    async (_, call) => {
      const direct = createClient({ url: server.url })
      const before = await direct.audit()
      proxy.cutReplyAfter(10)
      await rejection(call(clientOf()), 'OUTCOME_UNKNOWN')
      expect(await direct.audit()).toHaveLength(before.length + 1)
    },
  )

  it('that is cut in the middle of a large answer: a read is repeated', async () => {
    const value = 'x'.repeat(500_000)
    await createClient({ url: server.url }).set('large', value)
    proxy.cutReplyAfter(100_000)
    expect(await clientOf().get('large')).toBe(value)
  })

  it.each(reads)('that stalls: %s fails with TIMEOUT in its time', async (_, call) => {
    proxy.stall()
    const started = performance.now()
    await rejection(call(clientOf({ timeoutMs: 200 })), 'TIMEOUT')
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it.each([...writes, ...actions])(
    'that stalls: %s fails with OUTCOME_UNKNOWN in its time',
    async (_, call) => {
      proxy.stall()
      await rejection(call(clientOf({ timeoutMs: 200 })), 'OUTCOME_UNKNOWN')
    },
  )

  it('that stalls, and a call that is aborted', async () => {
    proxy.stall()
    const client = clientOf()
    const abortedIn = (ms: number) => ({ signal: AbortSignal.timeout(ms) })
    await rejection(client.get('key', abortedIn(50)), 'ABORTED')
    await rejection(client.set('key', 1, abortedIn(50)), 'OUTCOME_UNKNOWN')
    await rejection(client.set('key', 1, { signal: AbortSignal.abort() }), 'ABORTED')
    await rejection(client.get('key', { timeoutMs: 0 }), 'INVALID_OPTIONS')
  })

  it('that is refused for a moment comes back', async () => {
    proxy.refuse(true)
    setTimeout(() => proxy.refuse(false), 20)
    expect(await clientOf({ retries: 20 }).has('none')).toBe(false)
  })
})

describe('options', () => {
  it('token and headers go with every request', async () => {
    const { url, requests } = await answering((response) => problem(response, 404, 'NOT_FOUND'))
    const client = createClient({ url: `${url}/below/`, token: 'secret', headers: { 'x-tenant': '7' } })
    expect(await client.get('a/b')).toBeUndefined()
    expect(requests[0]?.url).toBe('/below/v1/state/a%2Fb')
    expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-tenant': '7' })
  })

  it('fetch is the one given', async () => {
    const urls: unknown[] = []
    const fetch = async (url: unknown): Promise<Response> => {
      urls.push(url)
      return new Response('1', { headers: { 'content-type': 'application/json', etag: '"v"' } })
    }
    expect(await createClient({ url: 'http://x.example', fetch: fetch as never }).get('key')).toBe(1)
    expect(urls).toEqual(['http://x.example/v1/state/key'])
  })

  it.each([
    { url: 'nonsense' },
    { url: 'ftp://x.example' },
    { url: 'http://user:pass@x.example' },
    { url: 'http://x.example/?a=1' },
    { url: 'http://x.example', timeoutMs: 0 },
    { url: 'http://x.example', retries: -1 },
    { url: 'http://x.example', retries: 0.5 },
    { url: 'http://x.example', token: 'a\nb' },
    { url: 'http://x.example', headers: { 'a b': 'c' } },
  ])('%j are refused', (options) => {
    expect(() => createClient(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }))
  })
})
