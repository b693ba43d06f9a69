import { setTimeout as sleep } from 'node:timers/promises'
import { isStateError, openStore, type StateStore } from '@switchyard/core'
import { command, type RedisServer, startRedis } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { redis } from '../src/index.ts'
import { startWire, type Wire, type WireOptions } from './wire.ts'

let server: RedisServer

async function opened(options: WireOptions): Promise<{ readonly store: StateStore; readonly wire: Wire }> {
  const wire = await startWire(server, options)
  const store = await openStore(redis({ url: `redis://127.0.0.1:${wire.port}` }))
  onTestFinished(async () => {
    await store.close?.()
    await wire.close()
  })
  return { store, wire }
}

async function outcome(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return 'ok'
  } catch (error) {
    return isStateError(error) ? error.code : error
  }
}

const entry = (bytes: number) => ({ value: Buffer.alloc(bytes, 'x'), version: 'v' })

describe('a connection', () => {
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  test('that carries a large value for longer than silence may last is well', {
    timeout: 300_000,
  }, async () => {
    const { store, wire } = await opened({ bytesPerSecond: 1_300_000 })
    const started = performance.now()
    await store.set('large', entry(8_000_000))
    expect((await store.get('large'))?.value.byteLength).toBe(8_000_000)
    expect(performance.now() - started).toBeGreaterThan(12_000)
    expect(wire.connections).toBe(1)
  })

  test('on which a SCAN is not answered counts as lost', async () => {
    let hangs = true
    const { store } = await opened({ look: (piece) => (hangs && piece.includes('SCAN') ? 'hang' : 'pass') })
    const pages = store.list()[Symbol.asyncIterator]()
    const started = performance.now()
    await expect(pages.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(performance.now() - started).toBeLessThan(10_000)
    hangs = false
    await expect.poll(() => outcome(() => store.set('key', entry(1)))).toBe('ok')
  })

  test('is gone after close(), although the server does not answer', async () => {
    const { store, wire } = await opened({ look: (piece) => (piece.includes('never') ? 'hang' : 'pass') })
    const pending = outcome(() => store.get('never'))
    await sleep(50)
    await store.close?.()
    expect(await pending).toBe('UNAVAILABLE')
    await expect.poll(() => wire.connections).toBe(0)
  })

  test('gets many large writes in calls that Redis can do something between', async () => {
    const { store } = await opened({})
    await command(server.port, ['CONFIG', 'RESETSTAT'])
    const operations = Array.from({ length: 60 }, (_, i) => ({
      op: 'set' as const,
      key: `key${i}`,
      entry: entry(100_000),
    }))
    const { results } = await store.write({ operations })
    expect(results).toEqual(operations.map(() => ({ op: 'set' })))
    const stats = await command(server.port, ['INFO', 'commandstats'])
    expect(Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1])).toBeGreaterThanOrEqual(6)
    expect((await store.getMany(['key0', 'key59'])).map((one) => one?.value.byteLength)).toEqual([
      100_000, 100_000,
    ])
  })
})
