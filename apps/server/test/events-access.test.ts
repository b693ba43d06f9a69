import { memory } from '@switchyard/memory'
import { describe, expect, it } from 'vitest'
import { readEvents } from './support/event-reader.ts'
import { json, startServer, urlOf } from './support/start-server.ts'
import { makeToken } from './support/tokens.ts'
import { readWebSocket } from './support/web-socket-reader.ts'

const admin = makeToken({ name: 'admin', scopes: ['read', 'write', 'list', 'watch', 'admin'] })
const app = makeToken({ name: 'app', scopes: ['watch'], prefixes: ['app:', 'shared:'] })
const reader = makeToken({ name: 'reader', scopes: ['read'] })
const server = await startServer({
  backends: { memory: memory() },
  access: { tokens: [admin.settings, app.settings, reader.settings] },
})
const events = `${server.url}/v1/events`

async function happen(): Promise<void> {
  await fetch(
    `${server.url}/v1/config`,
    json('PATCH', { features: { [crypto.randomUUID()]: true } }, admin.headers),
  )
  for (const key of ['app:1', 'secret', 'shared:1', 'other:1', 'app:2']) {
    const answer = await fetch(urlOf(server, key), json('PUT', 1, admin.headers))
    expect(answer.status).toBe(200)
  }
}

const shown = (list: readonly { event: string; data: unknown }[]): unknown[] =>
  list.map(({ event, data }) => (event === 'change' ? (data as { key: string }).key : event))

describe('a reader of events', () => {
  it('sees the changes to its own keys, and nothing about the server', async () => {
    await using sse = await readEvents(events, undefined, app.headers)
    const socket = await readWebSocket(`${events}/ws`, app.headers)
    await happen()
    expect(shown(await sse.take(3))).toEqual(['app:1', 'shared:1', 'app:2'])
    expect(shown(await socket.take(4))).toEqual(['open', 'app:1', 'shared:1', 'app:2'])
    socket.socket.close()
  })

  it('with every right also sees changes of the configuration', async () => {
    await using sse = await readEvents(events, undefined, admin.headers)
    await happen()
    const [config, ...changes] = await sse.take(6)
    expect(config?.event).toBe('config')
    const { version } = (await (
      await fetch(`${server.url}/v1/config`, { headers: admin.headers })
    ).json()) as {
      version: string
    }
    expect(config?.data).toEqual({ version })
    expect(shown(changes)).toEqual(['app:1', 'secret', 'shared:1', 'other:1', 'app:2'])
  })

  it.each([
    ['without a token', {}, '', 401],
    ['without the scope', reader.headers, '', 403],
    ['of a prefix that is not its own', app.headers, '?prefix=secret', 403],
  ])('%s is refused', async (_name, headers, query, status) => {
    expect((await readEvents(events + query, undefined, headers as Record<string, string>)).status).toBe(
      status,
    )
    await expect(readWebSocket(`${events}/ws${query}`, headers as Record<string, string>)).rejects.toThrow()
  })

  it('is counted while it is there', async () => {
    const count = async (): Promise<unknown> => {
      const answer = await fetch(`${server.url}/v1/debug/state/connections`, { headers: admin.headers })
      return ((await answer.json()) as { eventStreams: number }).eventStreams
    }
    const sse = await readEvents(events, undefined, app.headers)
    const socket = await readWebSocket(`${events}/ws`, app.headers)
    expect(await count()).toBe(2)
    sse.close()
    socket.socket.close()
    while ((await count()) !== 0) await new Promise(setImmediate)
  })
})

it('an Idempotency-Key is of its token', async () => {
  const own = makeToken({ name: 'one', scopes: ['read', 'write'] })
  const other = makeToken({ name: 'other', scopes: ['read', 'write'] })
  const both = await startServer({
    backends: { memory: memory() },
    access: { tokens: [own.settings, other.settings] },
  })
  const increment = async ({ headers }: { headers: Readonly<Record<string, string>> }): Promise<unknown> => {
    const init = { method: 'POST', headers: { ...headers, 'idempotency-key': 'k' } }
    return ((await (await fetch(`${both.url}/v1/state/n/increment`, init)).json()) as { value: number }).value
  }
  expect([await increment(own), await increment(own), await increment(other)]).toEqual([1, 1, 2])
})

it('limits.rate is for each token of its own', async () => {
  const own = makeToken({ name: 'one', scopes: ['read'] })
  const other = makeToken({ name: 'other', scopes: ['read'] })
  const limited = await startServer({
    backends: { memory: memory() },
    access: { tokens: [own.settings, other.settings] },
    limits: { rate: { requestsPerSecond: 0.01, burst: 2 } },
  })
  const get = async ({ headers }: { headers: Readonly<Record<string, string>> }): Promise<number> =>
    (await fetch(urlOf(limited, 'a'), { headers })).status
  expect([await get(own), await get(own), await get(own), await get(other)]).toEqual([404, 404, 429, 404])
})
