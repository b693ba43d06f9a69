import type { Socket } from 'node:net'
import { bytesCodec } from '@switchyard/core'
import { describe, expect, it, vi } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { exchange } from './support/raw-http.ts'
import { etagOf, json, startServer, urlOf } from './support/start-server.ts'

const server = await startServer()

function put(
  key: string,
  body: NonNullable<RequestInit['body']>,
  contentType?: string,
  query = '',
): Promise<Response> {
  const headers = contentType === undefined ? {} : { 'content-type': contentType }
  return fetch(urlOf(server, key, query), { method: 'PUT', body, headers })
}

describe('PUT and GET', () => {
  it.each([
    '{"a":[1,2,{"b":null}]}',
    '"text"',
    '0',
    'null',
    'true',
    '[]',
    '12345678901234567890',
    '{"a":1,"a":2}',
  ])('keeps the JSON %s as it was written', async (text) => {
    const written = await put('json', text, 'application/json')
    expect(written.status).toBe(200)
    expect(await written.json()).toEqual({ version: etagOf(written).slice(1, -1) })
    const read = await fetch(urlOf(server, 'json'))
    expect(read.status).toBe(200)
    expect(read.headers.get('content-type')).toBe('application/json')
    expect(etagOf(read)).toBe(etagOf(written))
    expect(await read.text()).toBe(text)
  })

  it('takes the white space around JSON off, and a charset of UTF-8', async () => {
    await put('space', ' \r\n\t{"a": 1}\n', 'Application/JSON; charset="UTF-8"')
    const read = await fetch(urlOf(server, 'space'))
    expect(await read.text()).toBe('{"a": 1}')
    expect(read.headers.get('content-type')).toBe('application/json')
  })

  it.each([
    ['application/octet-stream', Buffer.from([0, 1, 0x7b, 0x90, 0xff])],
    ['text/plain; charset=utf-8', Buffer.from('grüße')],
    ['image/png', Buffer.from('89504e470d0a1a0a', 'hex')],
    ['application/vnd.api+json', Buffer.from('{not json')],
    ['text/html; a="x;y"', Buffer.from('<script>')],
    ['application/octet-stream', Buffer.alloc(0)],
  ])('gives %s back with its bytes', async (contentType, bytes) => {
    expect((await put('bytes', bytes, contentType)).status).toBe(200)
    const read = await fetch(urlOf(server, 'bytes'))
    expect(read.headers.get('content-type')).toBe(contentType)
    expect(read.headers.get('x-content-type-options')).toBe('nosniff')
    expect(read.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*; sandbox$/)
    expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes)
  })

  it('takes a body without a content type for bytes', async () => {
    await put('untyped', Buffer.from('x'))
    expect((await fetch(urlOf(server, 'untyped'))).headers.get('content-type')).toBe(
      'application/octet-stream',
    )
  })

  it('keeps __proto__ as the name that it is', async () => {
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
    await put('proto', text, 'application/json')
    expect(await (await fetch(urlOf(server, 'proto'))).text()).toBe(text)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('gives every write another version', async () => {
    const versions = [await put('v', '1', 'application/json'), await put('v', '1', 'application/json')].map(
      etagOf,
    )
    expect(new Set(versions).size).toBe(2)
  })

  it('reads what the state holds in JSON, and writes JSON that the state reads', async () => {
    const { version } = await server.state.set('shared', {
      contentType: 'application/json',
      body: Buffer.from('{"n":1}'),
    })
    const read = await fetch(urlOf(server, 'shared'))
    expect(etagOf(read)).toBe(`"${version}"`)
    expect(await read.json()).toEqual({ n: 1 })
  })
})

describe('an answer is written', () => {
  /** What the server writes on the connection of a request, a call each. */
  async function writesOf(key: string): Promise<readonly string[]> {
    const writes: string[] = []
    server.app.server.once('connection', (socket: Socket) => {
      const write = vi.spyOn(socket, 'write')
      socket.once('close', () => writes.push(...write.mock.calls.map(([part]) => String(part))))
    })
    const request = `GET /v1/state/${key} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    const { body } = await exchange(server.port, request)
    await expect.poll(() => writes.length, { timeout: 30_000 }).toBeGreaterThan(0)
    expect(writes.at(-1)?.endsWith(body)).toBe(true)
    return writes
  }

  it('at once, if it is short JSON or a problem', async () => {
    await put('short', '{"grüße":"🙂"}', 'application/json')
    expect(await writesOf('short')).toEqual([expect.stringContaining('{"grüße":"🙂"}')])
    expect(await writesOf('none')).toEqual([expect.stringContaining('"code":"NOT_FOUND"')])
  })

  it('as the bytes that it is, if it is long, or if it is no text', async () => {
    await put('long', JSON.stringify('x'.repeat(20_000)), 'application/json')
    expect(await writesOf('long')).toHaveLength(2)
    const body = Buffer.from([0x22, 0xff, 0x22])
    await server.state.set('broken', { contentType: 'application/json', body })
    const read = await fetch(urlOf(server, 'broken'))
    expect(Buffer.from(await read.arrayBuffer())).toEqual(body)
  })
})

it('a value of another codec is told apart, and can be replaced and deleted', async () => {
  const other = server.state.namespace('other', { codec: bytesCodec })
  await other.set('a', Buffer.from('{}'))
  await other.set('b', Buffer.from('{}'))
  await expectProblem(fetch(urlOf(server, 'other:a')), 409, 'CODEC_MISMATCH')
  await expectProblem(fetch(`${server.url}/v1/state?prefix=other:&values=true`), 409, 'CODEC_MISMATCH')
  expect((await put('other:a', '1', 'application/json')).status).toBe(200)
  expect((await fetch(urlOf(server, 'other:b'), { method: 'DELETE' })).status).toBe(204)
})

describe('keys', () => {
  const keys = [
    'a/b',
    '%',
    '%25',
    'a b',
    '__proto__',
    'constructor',
    'ключ',
    '🙂',
    'a?b#c',
    'a:b;c=d&e',
    '...',
    '+',
    '"',
    '\\',
    'x'.repeat(1024),
    '🙂'.repeat(256),
  ]

  it.each(keys)('%j is one like any other', async (key) => {
    await put(key, JSON.stringify(key), 'application/json')
    expect(await (await fetch(urlOf(server, key))).json()).toBe(key)
    const { keys: listed } = (await (
      await fetch(`${server.url}/v1/state?prefix=${encodeURIComponent(key)}`)
    ).json()) as { keys: string[] }
    expect(listed).toContain(key)
    expect((await fetch(urlOf(server, key), { method: 'DELETE' })).status).toBe(204)
    await expectProblem(fetch(urlOf(server, key)), 404, 'NOT_FOUND')
  })

  it.each([
    ['', 'empty'],
    ['x'.repeat(1025), 'too long'],
    ['\u0000', 'with NUL'],
    [`${'🙂'.repeat(256)}x`, 'too long in bytes'],
  ])('refuses an illegal one', async (key) => {
    const problem = await expectProblem(put(key, '1', 'application/json'), 400, 'INVALID_KEY')
    expect(problem['key']).toBe(key)
  })

  it('refuses broken percent-encoding', async () => {
    for (const path of ['%zz', '%', '%e0%a4', '%ff', 'a%2']) {
      await expectProblem(fetch(`${server.url}/v1/state/${path}`), 400, 'BAD_REQUEST')
    }
  })
})

describe('HEAD and DELETE', () => {
  it('HEAD has the headers of GET and no body', async () => {
    await put('head', '{"a":1}', 'application/json', '?ttl=1h')
    const head = await fetch(urlOf(server, 'head'), { method: 'HEAD' })
    const read = await fetch(urlOf(server, 'head'))
    expect(head.status).toBe(200)
    for (const name of ['content-type', 'content-length', 'etag', 'expires-at']) {
      expect(head.headers.get(name)).toBe(read.headers.get(name))
    }
    expect(await head.text()).toBe('')
    const absent = await fetch(urlOf(server, 'absent'), { method: 'HEAD' })
    expect([absent.status, await absent.text()]).toEqual([404, ''])
  })

  it('DELETE answers 204, and 404 for what is not there', async () => {
    await put('gone', '1', 'application/json')
    expect((await fetch(urlOf(server, 'gone'), { method: 'DELETE' })).status).toBe(204)
    const problem = await expectProblem(fetch(urlOf(server, 'gone'), { method: 'DELETE' }), 404, 'NOT_FOUND')
    expect(problem['key']).toBe('gone')
  })
})

describe('ttl', () => {
  it.each([
    ['300000', 300_000],
    ['5m', 300_000],
    ['1.5s', 1500],
    ['10000d', 864_000_000_000],
  ])('takes %s', async (ttl, ms) => {
    const before = Date.now()
    const written = await put('ttl', '1', 'application/json', `?ttl=${ttl}`)
    const { expiresAt } = (await written.json()) as { expiresAt: number }
    expect(expiresAt).toBeGreaterThanOrEqual(before + ms)
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + ms)
    const instant = new Date(expiresAt).toISOString()
    expect(written.headers.get('expires-at')).toBe(instant)
    expect((await fetch(urlOf(server, 'ttl'))).headers.get('expires-at')).toBe(instant)
  })

  it.each(['0', '-5', '-1s', '', 'soon', '5x', 'NaN', '1e400', '99999999999999999999'])(
    'refuses %j',
    async (ttl) => {
      await expectProblem(put('ttl', '1', 'application/json', `?ttl=${ttl}`), 400, 'INVALID_TTL')
    },
  )

  it('ends with a write without one, unless keepTtl says otherwise', async () => {
    const first = await put('keep', '1', 'application/json', '?ttl=1h')
    const second = await put('keep', '2', 'application/json', '?keepTtl=true')
    expect(second.headers.get('expires-at')).toBe(first.headers.get('expires-at'))
    expect(
      (await put('keep', '3', 'application/json', '?keepTtl=false')).headers.get('expires-at'),
    ).toBeNull()
  })

  it('does not go together with keepTtl', async () => {
    await expectProblem(put('keep', '1', 'application/json', '?keepTtl=true&ttl=5m'), 400, 'INVALID_OPTIONS')
  })

  it('hides a value from its instant on', async () => {
    const { expiresAt } = (await (await put('short', '1', 'application/json', '?ttl=1')).json()) as {
      expiresAt: number
    }
    while (Date.now() < expiresAt) await new Promise(setImmediate)
    await expectProblem(fetch(urlOf(server, 'short')), 404, 'NOT_FOUND')
    const created = await fetch(urlOf(server, 'short'), json('PUT', 2, { 'if-none-match': '*' }))
    expect(created.status).toBe(201)
  })
})

describe('parameters', () => {
  it.each(['?tll=5m', '?keepTtl=yes', '?ttl=1s&ttl=2s', '?ttl=%zz', '?__proto__=1'])(
    'refuses %s',
    async (query) => {
      await expectProblem(put('p', '1', 'application/json', query), 400, 'BAD_REQUEST')
    },
  )

  it.each([
    ['{', 'application/json', 400, 'MALFORMED_JSON'],
    ['', 'application/json', 400, 'MALFORMED_JSON'],
    [Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400, 'MALFORMED_JSON'],
    ['\ufeff1', 'application/json', 400, 'MALFORMED_JSON'],
    ['['.repeat(513) + ']'.repeat(513), 'application/json', 400, 'MALFORMED_JSON'],
    ['1', 'application/json; charset=utf-16', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['1', 'nonsense', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['1', `text/${'x'.repeat(255)}`, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['x'.repeat(1_048_577), 'text/plain', 413, 'PAYLOAD_TOO_LARGE'],
  ] as const)('refuses a body %#', async (body, contentType, status, code) => {
    await expectProblem(put('p', body, contentType), status, code)
    expect((await fetch(urlOf(server, 'p'))).status).toBe(404)
  })

  it('takes JSON of 512 levels, and brackets within strings', async () => {
    const deep = '['.repeat(512) + ']'.repeat(512)
    expect((await put('deep', deep, 'application/json')).status).toBe(200)
    const text = JSON.stringify(`\\"${'['.repeat(2000)}`)
    expect((await put('deep', text, 'application/json')).status).toBe(200)
  })
})
