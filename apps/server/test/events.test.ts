import { memory } from '@switchyard/memory'
import { describe, expect, it } from 'vitest'
import { readEvents, type ServerSentEvent } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer, urlOf } from './support/start-server.ts'

const HISTORY = 1000
const server = await startServer({ backends: { memory: memory() }, eventHistory: HISTORY })
const events = `${server.url}/v1/events`

async function put(key: string, query = ''): Promise<string> {
  const response = await fetch(urlOf(server, key, query), json('PUT', key))
  return ((await response.json()) as { version: string }).version
}

function setMany(keys: readonly string[]): Promise<Response> {
  const entries = keys.map((key) => ({ key, value: 1 }))
  return fetch(`${server.url}/v1/batch/set`, json('POST', { entries }))
}

function keysOf(list: readonly ServerSentEvent[]): unknown[] {
  return list.map(({ data }) => (data as { key: string }).key)
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`)

describe('GET /v1/events', () => {
  it('tells every kind of change in order, from the connection on', async () => {
    await put('before')
    await using reader = await readEvents(events)
    expect(reader.status).toBe(200)
    expect(reader.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const version = await put('a')
    await put('b', '?ttl=1h')
    await fetch(`${urlOf(server, 'n')}/increment`, { method: 'POST' })
    await fetch(urlOf(server, 'a'), { method: 'DELETE' })
    await fetch(urlOf(server, 'a'), { method: 'DELETE' })
    const taken = await reader.take(4)
    expect(taken.map(({ event }) => event)).toEqual(Array(4).fill('change'))
    expect(taken.map(({ data }) => data)).toEqual([
      { type: 'set', key: 'a', version },
      { type: 'set', key: 'b', version: expect.any(String), expiresAt: expect.any(Number) },
      { type: 'set', key: 'n', version: expect.any(String) },
      { type: 'delete', key: 'a' },
    ])
    expect(new Set(taken.map(({ id }) => id)).size).toBe(4)
  })

  it('tells what a cleanup removes', async () => {
    const response = await fetch(urlOf(server, 'short', '?ttl=1'), json('PUT', 1))
    const { expiresAt } = (await response.json()) as { expiresAt: number }
    while (Date.now() < expiresAt) await new Promise(setImmediate)
    await using reader = await readEvents(`${events}?prefix=short`)
    await fetch(`${server.url}/v1/cleanup`, { method: 'POST' })
    expect(await reader.next()).toMatchObject({ data: { type: 'expire', key: 'short' } })
  })

  it('keeps to the prefix, which is literal', async () => {
    await using reader = await readEvents(`${events}?prefix=${encodeURIComponent('p%/')}`)
    for (const key of ['p', 'p%', 'p%/1', 'q', 'pX/', 'p%/2']) await put(key)
    expect(keysOf(await reader.take(2))).toEqual(['p%/1', 'p%/2'])
  })

  it('gives many readers all of a burst, in the same order', async () => {
    const readers = await Promise.all(Array.from({ length: 20 }, () => readEvents(`${events}?prefix=burst:`)))
    const keys = numbered('burst:', 500)
    await setMany(keys)
    for (const reader of readers) {
      expect(keysOf(await reader.take(500))).toEqual(keys)
      reader.close()
    }
  })

  it('keeps keys with line breaks within their event', async () => {
    await using reader = await readEvents(`${events}?prefix=line`)
    await put('line\nid: 7\r\n\r\ndata: x')
    expect(keysOf(await reader.take(1))).toEqual(['line\nid: 7\r\n\r\ndata: x'])
  })

  it.each(['%00', 'x'.repeat(1025)])('refuses the prefix %s', async (prefix) => {
    await expectProblem(fetch(`${events}?prefix=${prefix}`), 400, 'INVALID_KEY')
  })
})

describe('Last-Event-ID', () => {
  it('goes on exactly after what was seen', async () => {
    const first = await readEvents(`${events}?prefix=r:`)
    await setMany(numbered('r:', 3))
    const seen = await first.take(3)
    first.close()
    await setMany(['r:missed1', 'other', 'r:missed2'])
    await using second = await readEvents(`${events}?prefix=r:`, seen[1]?.id)
    await put('r:live')
    expect(keysOf(await second.take(4))).toEqual(['r:2', 'r:missed1', 'r:missed2', 'r:live'])
  })

  it('is known from the start of a stream on, before any event', async () => {
    const first = await readEvents(`${events}?prefix=quiet:`)
    await put('noise')
    while (first.lastEventId() === undefined) await new Promise(setImmediate)
    first.close()
    await put('quiet:1')
    await using second = await readEvents(`${events}?prefix=quiet:`, first.lastEventId())
    expect(await second.next()).toMatchObject({ event: 'change', data: { key: 'quiet:1' } })
  })

  it.each(['another-run-5', 'nonsense', '-', '1', ''])(
    'of another run (%j) is answered with a reset',
    async (id) => {
      await using reader = await readEvents(events, id)
      const reset = await reader.next()
      expect(reset).toMatchObject({ event: 'reset', id: expect.any(String) })
      await put('after-reset')
      expect(await reader.next()).toMatchObject({ event: 'change', data: { key: 'after-reset' } })
    },
  )

  it('that is too old is answered with a reset; one that is just not is resumed', async () => {
    const first = await readEvents(`${events}?prefix=old:`)
    await put('old:0')
    const [seen] = await first.take(1)
    first.close()
    await setMany(numbered('old:', HISTORY))
    const resumed = await readEvents(`${events}?prefix=old:`, seen?.id)
    expect(keysOf(await resumed.take(HISTORY))).toEqual(numbered('old:', HISTORY))
    resumed.close()
    await put('one too many')
    await using reset = await readEvents(`${events}?prefix=old:`, seen?.id)
    expect((await reset.next())?.event).toBe('reset')
  })

  it('of the future is answered with a reset', async () => {
    await using reader = await readEvents(events)
    await put('now')
    const [{ id = '' } = {}] = await reader.take(1)
    const later = id.replace(/\d+$/, (count) => String(Number(count) + 1))
    await using ahead = await readEvents(events, later)
    expect((await ahead.next())?.event).toBe('reset')
  })
})

describe('limits', () => {
  it('a reader that is too slow is told so and dropped, and costs no memory', async () => {
    const small = await startServer({
      backends: { memory: memory() },
      eventHistory: 2000,
      maxEventStreams: 1,
    })
    const url = `${small.url}/v1/events`
    const slow = await readEvents(url)
    const second = await readEvents(url)
    expect(second.status).toBe(503)
    expect(JSON.parse(await second.body())).toMatchObject({ code: 'OVERLOADED' })
    slow.pause()
    const entries = Array.from({ length: 900 }, (_, i) => ({ key: `${i}${'x'.repeat(1000)}`, value: 1 }))
    // Until its place is free, which is when it has been dropped.
    for (let free = false; !free; ) {
      await fetch(`${small.url}/v1/batch/set`, json('POST', { entries }))
      const probe = await readEvents(url)
      free = probe.status === 200
      probe.close()
    }
    slow.resume()
    let last: ServerSentEvent | undefined
    for (let event = await slow.next(); event !== undefined; event = await slow.next()) last = event
    expect(last).toMatchObject({ event: 'lagged', data: { code: 'LAGGED' } })
    const sent = process.memoryUsage()
    expect(sent.arrayBuffers).toBeLessThan(256 * 1024 * 1024)
  })

  it('a heartbeat carries the newest id past what the prefix hides', async () => {
    const beating = await startServer({ backends: { memory: memory() }, heartbeatInterval: 20 })
    await using reader = await readEvents(`${beating.url}/v1/events?prefix=none`)
    await fetch(urlOf(beating, 'hidden'), json('PUT', 1))
    while (reader.lastEventId()?.endsWith('-1') !== true) await new Promise(setImmediate)
  })

  it('streams end when the server closes', async () => {
    const closing = await startServer({ backends: { memory: memory() } })
    await using reader = await readEvents(`${closing.url}/v1/events`)
    await fetch(urlOf(closing, 'last'), json('PUT', 1))
    expect(await reader.next()).toMatchObject({ data: { key: 'last' } })
    await closing.close()
    expect(await reader.next()).toBeUndefined()
  })
})
