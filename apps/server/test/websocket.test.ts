import { memory } from '@switchyard/memory'
import { describe, expect, it } from 'vitest'
import { checkProblem, expectProblem } from './support/expect-problem.ts'
import { exchange, headerOf, openRaw } from './support/raw-http.ts'
import { json, startServer, urlOf } from './support/start-server.ts'
import { readWebSocket } from './support/web-socket-reader.ts'

const server = await startServer({ backends: { memory: memory() } })
const url = `${server.url}/v1/events/ws`

const put = (key: string): Promise<Response> => fetch(urlOf(server, key), json('PUT', 1))

const handshake = (path: string, ...headers: string[]): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${server.port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==',
    ...headers,
    '\r\n',
  ].join('\r\n')

describe('GET /v1/events/ws', () => {
  it('tells what happens to the keys of the prefix, in order', async () => {
    const reader = await readWebSocket(`${url}?prefix=w:`)
    expect(await reader.next()).toMatchObject({ event: 'open', id: expect.any(String) })
    for (const key of ['w:1', 'other', 'w:2']) await put(key)
    await fetch(urlOf(server, 'w:1'), { method: 'DELETE' })
    const taken = await reader.take(3)
    expect(taken.map(({ event, data }) => [event, data])).toEqual([
      ['change', { type: 'set', key: 'w:1', version: expect.any(String) }],
      ['change', { type: 'set', key: 'w:2', version: expect.any(String) }],
      ['change', { type: 'delete', key: 'w:1' }],
    ])
  })

  it('goes on exactly after lastEventId, also after one that server-sent events gave', async () => {
    const first = await readWebSocket(url)
    await first.next()
    for (const key of ['r1', 'r2', 'r3']) await put(key)
    const [seen] = await first.take(1)
    const second = await readWebSocket(`${url}?lastEventId=${seen?.id}`)
    expect(
      (await second.take(3)).map(({ event, data }) => [event, (data as { key?: string } | null)?.key]),
    ).toEqual([
      ['open', undefined],
      ['change', 'r2'],
      ['change', 'r3'],
    ])
    const reset = await readWebSocket(`${url}?lastEventId=another-7`)
    expect((await reset.take(2))[1]).toMatchObject({ event: 'reset', data: { lastEventId: 'another-7' } })
  })

  it('gives many readers all of a burst', async () => {
    const readers = await Promise.all(Array.from({ length: 20 }, () => readWebSocket(`${url}?prefix=burst:`)))
    const keys = Array.from({ length: 500 }, (_, i) => `burst:${i}`)
    await fetch(
      `${server.url}/v1/batch/set`,
      json('POST', { entries: keys.map((key) => ({ key, value: 1 })) }),
    )
    for (const reader of readers) {
      const [, ...taken] = await reader.take(501)
      expect(taken.map(({ data }) => (data as { key: string }).key)).toEqual(keys)
      reader.socket.close()
    }
  })

  it('takes no messages', async () => {
    const reader = await readWebSocket(url)
    reader.socket.send('hello')
    expect(await reader.closed).toBe(1003)
  })

  it('is refused like any request', async () => {
    await expectProblem(fetch(url), 426, 'UPGRADE_REQUIRED')
    expect(checkProblem(await exchange(server.port, handshake('/v1/events/ws?prefix=%00')))).toMatchObject({
      code: 'INVALID_KEY',
    })
    expect(checkProblem(await exchange(server.port, handshake('/v1/nope')))).toMatchObject({
      code: 'ROUTE_NOT_FOUND',
    })
    expect(
      checkProblem(
        await exchange(server.port, handshake('/v1/events/ws').replace('Version: 13', 'Version: 99')),
      ),
    ).toMatchObject({ code: 'BAD_REQUEST' })
    expect(
      checkProblem(
        await exchange(server.port, handshake('/v1/events/ws').replace('AQIDBAUGBwgJCgsMDQ4PEA==', 'x')),
      ),
    ).toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('is not for pages of other origins, which browsers would let read it', async () => {
    const foreign = await exchange(server.port, handshake('/v1/events/ws', 'Origin: http://example.com'))
    expect(checkProblem(foreign)).toMatchObject({ status: 403, code: 'CROSS_ORIGIN' })
    const opaque = await exchange(server.port, handshake('/v1/events/ws', 'Origin: null'))
    expect(checkProblem(opaque)).toMatchObject({ status: 403, code: 'CROSS_ORIGIN' })
    const own = await openRaw(
      server.port,
      handshake('/v1/events/ws', `Origin: http://127.0.0.1:${server.port}`),
    )
    const answer = await new Promise<Buffer>((resolve) => own.once('data', resolve))
    own.destroy()
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /)
  })

  it('other upgrades are answered as if they had not been asked for', async () => {
    const bytes = [
      'PUT /v1/state/h2c HTTP/1.1',
      'Host: x',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'Content-Type: application/json',
      'Content-Length: 4',
      '',
      'true',
    ].join('\r\n')
    expect((await exchange(server.port, bytes)).status).toBe(200)
    expect(await (await fetch(urlOf(server, 'h2c'))).json()).toBe(true)
    const other = await exchange(server.port, handshake('/v1/state/h2c'))
    expect([other.status, headerOf(other.head, 'connection'), other.body]).toEqual([200, 'close', 'true'])
  })
})

describe('limits', () => {
  it('one more than may be open is refused', async () => {
    const small = await startServer({ backends: { memory: memory() }, maxEventStreams: 1 })
    const reader = await readWebSocket(`${small.url}/v1/events/ws`)
    const answer = await exchange(small.port, handshake('/v1/events/ws'))
    expect(checkProblem(answer)).toMatchObject({ status: 503, code: 'OVERLOADED' })
    expect(headerOf(answer.head, 'retry-after')).toBe('1')
    reader.socket.close()
    await reader.closed
    await readWebSocket(`${small.url}/v1/events/ws`)
  })

  it('one that answers no ping is cut; one that does stays, and learns the newest id', async () => {
    const beating = await startServer({ backends: { memory: memory() }, heartbeatInterval: 50 })
    const dead = await openRaw(beating.port, handshake('/v1/events/ws'))
    dead.resume()
    const reader = await readWebSocket(`${beating.url}/v1/events/ws?prefix=none`)
    const ids: string[] = []
    reader.socket.addEventListener('message', ({ data }) =>
      ids.push((JSON.parse(data as string) as { id: string }).id),
    )
    await new Promise((resolve) => dead.once('close', resolve))
    await fetch(urlOf(beating, 'hidden'), json('PUT', 1))
    while (ids.at(-1)?.endsWith('-1') !== true) await new Promise(setImmediate)
    expect(reader.socket.readyState).toBe(WebSocket.OPEN)
  })

  it('one that never reads is told that it lags, and cut; it costs no memory', async () => {
    const small = await startServer({
      backends: { memory: memory() },
      eventHistory: 2000,
      maxEventStreams: 1,
    })
    const slow = await openRaw(small.port, handshake('/v1/events/ws'))
    slow.pause()
    const entries = Array.from({ length: 900 }, (_, i) => ({ key: `${i}${'x'.repeat(1000)}`, value: 1 }))
    for (let isFree = false; !isFree; ) {
      await fetch(`${small.url}/v1/batch/set`, json('POST', { entries }))
      const probe = await readWebSocket(`${small.url}/v1/events/ws`).catch(() => undefined)
      isFree = probe !== undefined
      probe?.socket.close()
      await probe?.closed
    }
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(256 * 1024 * 1024)
    let tail = ''
    for await (const chunk of slow) {
      tail = (tail + (chunk as Buffer).toString('latin1')).slice(-2000)
      if (tail.includes('"event":"lagged"')) break
    }
    expect(tail).toContain('"event":"lagged"')
  })

  it('they close when the server does', async () => {
    const closing = await startServer({ backends: { memory: memory() } })
    const reader = await readWebSocket(`${closing.url}/v1/events/ws`)
    const deaf = await openRaw(closing.port, handshake('/v1/events/ws', ''))
    deaf.resume()
    await closing.close()
    expect(await reader.closed).toBe(1001)
  })
})
