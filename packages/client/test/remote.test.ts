import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createState, type Entry, openStore } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { startProxy } from '@switchyard/services'
import { afterAll, describe, expect, it } from 'vitest'
import { remote } from '../src/index.ts'
import { makeToken } from './make-token.ts'
import { rejection } from './rejects.ts'
import { startServer } from './start-server.ts'

const server = await startServer()

afterAll(() => server.close())

const entryOf = (text: string, expiresAt?: number): Entry => {
  const entry = { value: new TextEncoder().encode(text), version: crypto.randomUUID() }
  return expiresAt === undefined ? entry : { ...entry, expiresAt }
}

describe('opening', () => {
  it.each([
    [
      { backends: { cache: memory() } },
      {},
      /'cache' of the server .* has durable: false; give capabilities: \{ durable: false \}/,
    ],
  ])('is refused where the backend does less than is counted on', async (options, capabilities, message) => {
    const less = await startServer(options)
    const opening = openStore(remote({ url: less.url, capabilities }))
    expect((await rejection(opening, 'INVALID_OPTIONS')).message).toMatch(message)
    const store = await openStore(remote({ url: less.url, capabilities: { durable: false } }))
    await store.close()
    await less.close()
  })

  it('takes a token of every key with the scope admin, where the server has tokens', async () => {
    const admin = makeToken({ name: 'admin', scopes: ['admin', 'list'] })
    const some = makeToken({ name: 'some', scopes: ['admin'], prefixes: ['app:'] })
    const app = makeToken({ name: 'app', scopes: ['read', 'write', 'list', 'watch'] })
    const guarded = await startServer({ tokens: [admin.settings, some.settings, app.settings] })
    const { url } = guarded
    await expect(openStore(remote({ url }))).rejects.toMatchObject({ code: 'FORBIDDEN' })
    for (const { token } of [some, app]) {
      await expect(openStore(remote({ url, token }))).rejects.toMatchObject({ code: 'FORBIDDEN' })
    }
    const store = await openStore(remote({ url, token: admin.token }))
    await store.set('key', entryOf('value'))
    expect(await store.stats()).toMatchObject({ keys: 1 })
    await store.close()
    await guarded.close()
  })

  it('fails with UNAVAILABLE where there is no server', async () => {
    const gone = await startServer()
    await gone.close()
    await rejection(openStore(remote({ url: gone.url, retries: 0 })), 'UNAVAILABLE')
  })

  it.each([
    {},
    { url: 'x' },
    { url: 'http://x', more: 1 },
    { url: 'http://x', capabilities: { watch: true } },
    { url: 'http://x', timeoutMs: 0 },
  ])('is refused before anything is sent with the options %j', (options) => {
    expect(() => remote(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }))
  })

  it('tells what it can do', () => {
    const { capabilities } = remote({
      url: 'http://x',
      capabilities: { ordered: false, maxKeyBytes: 100 },
    }).plugin
    expect(capabilities).toMatchObject({
      ordered: false,
      maxKeyBytes: 100,
      transactions: true,
      shared: true,
      atomicity: 'store',
    })
  })
})

describe('a store on a server', () => {
  it('keeps bytes, versions and expiries for the server and for other stores alike', async () => {
    const [one, two] = await Promise.all([
      openStore(remote({ url: server.url })),
      openStore(remote({ url: server.url })),
    ])
    const entry = entryOf('"text"', Date.now() + 60_000)
    await one.set('same', entry)
    expect(await two.get('same')).toMatchObject({ version: entry.version, expiresAt: entry.expiresAt })
    expect(await server.state.getEntry('same')).toMatchObject({
      version: entry.version,
      expiresAt: entry.expiresAt,
    })
    expect(await (await fetch(`${server.url}/v1/state/same`)).text()).toBe('"text"')
    await one.close()
    await two.close()
    await rejection(Promise.resolve(one.get('same')), 'CLOSED')
  })

  it('is told of by the server', async () => {
    const store = await openStore(remote({ url: server.url }))
    const watch = server.state.watch('told')
    await store.set('told', entryOf('1'))
    await store.delete('told')
    expect((await watch.next()).value).toMatchObject({ type: 'set', key: 'told' })
    expect((await watch.next()).value).toMatchObject({ type: 'delete', key: 'told' })
    await watch.return()
    await store.close()
  })

  it('writes a batch in as many requests as it needs, and a transaction in one or not at all', async () => {
    const store = await openStore(remote({ url: server.url }))
    const value = new Uint8Array(5_000_000).fill(1)
    const operations = Array.from({ length: 8 }, (_, i) => ({
      op: 'set' as const,
      key: `large:${i}`,
      entry: { ...entryOf(''), value },
    }))
    expect((await store.write({ operations })).results).toHaveLength(8)
    const pages = await Array.fromAsync(store.list({ prefix: 'large:' }))
    expect(pages.flat().map(({ entry }) => entry?.value.byteLength)).toEqual(
      operations.map(() => value.byteLength),
    )
    await rejection(store.write({ operations, atomic: true }), 'INVALID_VALUE')
    await store.write({ operations: operations.map(({ key }) => ({ op: 'delete', key })) })
    await store.close()
  })

  it('goes on where the server has been switched to another backend', async () => {
    const both = await startServer()
    const store = await openStore(remote({ url: both.url }))
    const before = await store.incarnation?.()
    const entry = entryOf('1')
    await store.set('key', entry)
    expect(await store.incarnation?.()).toBe(before)
    await (await both.state.switchTo('cache', { allowVolatile: true, exclusive: true })).done
    expect((await store.get('key'))?.version).toBe(entry.version)
    expect(await store.incarnation?.()).not.toBe(before)
    await store.close()
    await both.close()
  })

  it('is refused what the backend cannot do since it was switched', async () => {
    const unordered = {
      ...memory(),
      plugin: { name: 'unordered', capabilities: { ...memory().plugin.capabilities, ordered: false } },
    }
    const both = await startServer({ backends: { ordered: memory(), unordered } })
    const store = await openStore(remote({ url: both.url, capabilities: { durable: false } }))
    await store.set('key', entryOf('1'))
    expect(await Array.fromAsync(store.list())).toHaveLength(1)
    await (await both.state.switchTo('unordered', { allowVolatile: true })).done
    await rejection(Array.fromAsync(store.list()), 'NOT_SUPPORTED')
    await store.close()
    await both.close()
  })

  it('can be what a state is switched to, and back', async () => {
    const other = await startServer()
    const records = new Map<string, unknown>()
    const journal = {
      read: async () => records.get('journal') as never,
      write: async (record: unknown) => void records.set('journal', record),
    }
    const backends = { here: memory(), there: remote({ url: other.url }) }
    const state = await createState({ backends, active: 'here', journal })
    await state.setMany(Array.from({ length: 3000 }, (_, i) => ({ key: `k${i}`, value: { i } })))
    const { version } = await state.set('short', 1, { ttl: '1h' })
    const run = await state.switchTo('there')
    await run.done
    expect((await state.getEntry('short'))?.version).toBe(version)
    expect((await other.state.stats()).keys).toBe(3001)
    await state.increment('count', 7)
    const back = await run.rollback({ exclusive: true })
    await back.done
    expect(await state.get('count')).toBe(7)
    expect((await state.stats()).keys).toBe(3002)
    await state.close()
    await other.close()
  })
})

describe('a connection of a store', () => {
  it('that is cut: reads are repeated, writes are not', async () => {
    const proxy = await startProxy(server)
    const store = await openStore(remote({ url: `http://127.0.0.1:${proxy.port}` }))
    const entry = entryOf('kept')
    await store.set('cut', entry)
    proxy.cutReplyAfter(10)
    expect((await store.get('cut'))?.version).toBe(entry.version)
    proxy.cutReplyAfter(200)
    expect((await Array.fromAsync(store.list({ prefix: 'cut' }))).flat()).toHaveLength(1)
    proxy.cutReplyAfter(10)
    await rejection(Promise.resolve(store.set('cut', entryOf('new'))), 'OUTCOME_UNKNOWN')
    await store.close()
    await proxy.close()
  })

  it('that is cut in the middle of a list without order: it has failed, and never looks complete', async () => {
    const proxy = await startProxy(server)
    const url = `http://127.0.0.1:${proxy.port}`
    const store = await openStore(remote({ url, capabilities: { ordered: false } }))
    const operations = Array.from({ length: 2000 }, (_, i) => ({
      op: 'set' as const,
      key: `list:${i}`,
      entry: entryOf('x'.repeat(2000)),
    }))
    await store.write({ operations })
    proxy.cutReplyAfter(2_000_000)
    await rejection(Array.fromAsync(store.list({ prefix: 'list:' })), 'UNAVAILABLE')
    expect((await Array.fromAsync(store.list({ prefix: 'list:' }))).flat()).toHaveLength(2000)
    await store.close()
    await proxy.close()
  })

  it('is let go of when a list is left', async () => {
    let closed = false
    const listing = createServer((request, response) => {
      request.resume()
      if (request.url === '/v1/store') {
        const { capabilities } = memory().plugin
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ backend: 'x', capabilities, incarnation: 'x' }))
        return
      }
      response.on('close', () => {
        closed = true
      })
      response.write('{"entries":[{"key":"a"},{"key":"b"}]}\n')
    })
    await new Promise<void>((resolve) => listing.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(listing.address() as AddressInfo).port}`
    const store = await openStore(remote({ url, capabilities: { durable: false, ordered: false } }))
    for await (const page of store.list({ limit: 1, keysOnly: true })) {
      expect(page).toEqual([{ key: 'a' }])
      break
    }
    await expect.poll(() => closed).toBe(true)
    await store.close()
    listing.closeAllConnections()
    listing.close()
  })
})
