import { startProxy, type TcpProxy } from '@switchyard/services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient, type RemoteWatch } from '../src/index.ts'
import { brokenWatchBackend } from './broken-watch-backend.ts'
import { rejection } from './rejects.ts'
import { type RunningServer, startServer } from './start-server.ts'

let server: RunningServer
let proxy: TcpProxy
/** Through the proxy. */
let client: Client
/** Past it. */
let direct: Client

beforeEach(async () => {
  server = await startServer({ eventHistory: 100, maxEventStreams: 1 })
  proxy = await startProxy(server)
  client = createClient({ url: `http://127.0.0.1:${proxy.port}` })
  direct = createClient({ url: server.url })
})

afterEach(async () => {
  await proxy.close()
  await server.close()
})

async function take(watch: RemoteWatch, count: number): Promise<string[]> {
  const seen: string[] = []
  while (seen.length < count) {
    const { value } = await watch.next()
    seen.push(`${value?.type} ${value?.key}`)
  }
  return seen
}

/** The server has no stream any more: another one may be opened. */
async function letGo(): Promise<void> {
  const patient = createClient({ url: server.url, retries: 20 })
  const watch = patient.watch()
  await watch.opened
  await watch.return()
}

describe('a watch', () => {
  it('tells of every change after it was opened, with its version', async () => {
    await direct.set('before', 1)
    const watch = client.watch('a:')
    await watch.opened
    const { version, expiresAt } = await direct.set('a:1', 1, { ttl: '1h' })
    await direct.set('b:1', 1)
    await direct.increment('a:2')
    await direct.delete('a:1')
    expect((await watch.next()).value).toEqual({
      type: 'set',
      key: 'a:1',
      version,
      expiresAt,
      id: expect.any(String),
    })
    expect(await take(watch, 2)).toEqual(['set a:2', 'delete a:1'])
    await watch.return()
  })

  it('ends with its loop, and lets go of the connection', async () => {
    const watch = client.watch()
    await watch.opened
    await direct.setMany(['a', 'b', 'c'].map((key) => ({ key, value: 1 })))
    const seen: string[] = []
    for await (const { key } of watch) {
      seen.push(key)
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['a', 'b'])
    expect(await watch.next()).toEqual({ value: undefined, done: true })
    await letGo()
  })

  it('that is ended while it waits has no more changes', async () => {
    const watch = client.watch()
    await watch.opened
    const waiting = watch.next()
    expect(await watch.return()).toEqual({ value: undefined, done: true })
    expect(await waiting).toEqual({ value: undefined, done: true })
    await letGo()
  })

  it('that nobody has read lets go of its connection as well', async () => {
    const watch = client.watch()
    await watch.opened
    await watch.return()
    await letGo()
  })

  it('is aborted by its signal, before and while it waits', async () => {
    const controller = new AbortController()
    const watch = client.watch('', { signal: controller.signal })
    await watch.opened
    const waiting = watch.next()
    controller.abort()
    await rejection(waiting, 'ABORTED')
    await rejection(client.watch('', { signal: controller.signal }).next(), 'ABORTED')
    await letGo()
  })

  it('misses nothing when its connection is lost', async () => {
    const watch = client.watch()
    await watch.opened
    for (let round = 0; round < 5; round++) {
      await direct.set(`${round}:before`, 1)
      proxy.reset()
      await direct.set(`${round}:between`, 1)
      expect(await take(watch, 2)).toEqual([`set ${round}:before`, `set ${round}:between`])
    }
    await watch.return()
  })

  it('misses nothing when the server is out of reach for a while', async () => {
    const watch = client.watch()
    await watch.opened
    proxy.refuse(true)
    proxy.reset()
    await direct.set('while', 1)
    const taken = take(watch, 1)
    setTimeout(() => proxy.refuse(false), 500)
    expect(await taken).toEqual(['set while'])
    await watch.return()
  })

  it('fails with UNAVAILABLE when the server stays out of reach', async () => {
    const watch = client.watch('', { timeoutMs: 300 })
    await watch.opened
    proxy.refuse(true)
    proxy.reset()
    await rejection(watch.next(), 'UNAVAILABLE')
    expect(await watch.next()).toEqual({ value: undefined, done: true })
  })

  it('fails with LAGGED when changes are no longer kept', async () => {
    const watch = client.watch()
    await watch.opened
    proxy.refuse(true)
    proxy.reset()
    await direct.setMany(Array.from({ length: 200 }, (_, i) => ({ key: `${i}`, value: 1 })))
    setTimeout(() => proxy.refuse(false), 100)
    await rejection(watch.next(), 'LAGGED')
  })

  it('fails as every call does where it cannot be opened', async () => {
    const watch = client.watch('\0')
    await rejection(watch.opened, 'INVALID_KEY')
    await rejection(watch.next(), 'INVALID_KEY')
    proxy.refuse(true)
    await rejection(
      createClient({ url: `http://127.0.0.1:${proxy.port}`, retries: 0 })
        .watch()
        .next(),
      'UNAVAILABLE',
    )
  })
})

it('a watch of a server that was started anew says that it may have missed something', async () => {
  const other = await startServer()
  const mapped = { port: server.port }
  const moving = await startProxy(mapped)
  const watch = createClient({ url: `http://127.0.0.1:${moving.port}` }).watch()
  await watch.opened
  // From here on the same address is that of another run.
  Object.assign(mapped, { port: other.port })
  moving.reset()
  await rejection(watch.next(), 'LAGGED')
  await moving.close()
  await other.close()
})

it('a watch says that it may have missed something when the server loses touch with its backend', async () => {
  const loss = Promise.withResolvers<never>()
  loss.promise.catch(() => undefined)
  const other = await startServer({ backends: { shared: brokenWatchBackend(loss.promise) } })
  const reader = createClient({ url: other.url })
  const watch = reader.watch('a:')
  await watch.opened
  await reader.set('a:1', 1)
  expect(await take(watch, 1)).toEqual(['set a:1'])
  const next = watch.next()
  loss.reject(new Error('The connection was lost'))
  await rejection(next, 'LAGGED')
  expect(await watch.next()).toEqual({ value: undefined, done: true })
  await other.close()
})
