import { setTimeout as sleep } from 'node:timers/promises'
import { createState, isStateError, openStore, type State } from '@switchyard/core'
import { type RedisServer, startProxy, startRedis, type TcpProxy } from '@switchyard/services'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RedisOptions, redis } from '../src/index.ts'

const TIMEOUT_MS = 700
const GRACE_MS = 500

let server: RedisServer
let proxy: TcpProxy
let state: State
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown): void => void unhandled.push(reason)

async function opened(options: RedisOptions = {}): Promise<State> {
  const url = `redis://127.0.0.1:${proxy.port}`
  return createState({
    backends: { redis: redis({ url, ...options }) },
    timeoutMs: TIMEOUT_MS,
    cleanupInterval: false,
  })
}

/** The code that the call fails with, or 'ok'; it must be there in time. */
async function outcome(call: () => Promise<unknown>): Promise<string> {
  const started = performance.now()
  let result = 'ok'
  try {
    await call()
  } catch (error) {
    if (!isStateError(error)) throw error
    result = error.code
  }
  expect(performance.now() - started).toBeLessThan(TIMEOUT_MS + GRACE_MS)
  return result
}

async function recovers(): Promise<void> {
  await expect
    .poll(() => outcome(() => state.set('recovered', 1)), { timeout: 60_000, interval: 50 })
    .toBe('ok')
  expect(await state.get('recovered')).toBe(1)
}

describe('when the connection fails', () => {
  beforeEach(async () => {
    unhandled.length = 0
    process.on('unhandledRejection', onUnhandled)
    server = await startRedis({ args: ['--appendonly', 'yes'] })
    proxy = await startProxy(server)
    state = await opened()
  })

  afterEach(async () => {
    await state.close()
    await proxy.close()
    await server.stop()
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
  })

  test('what is in flight settles, a read as unavailable and a write as unknown, and all goes on', async () => {
    await state.set('key', 1)
    server.pause()
    const read = outcome(() => state.get('key'))
    const write = outcome(() => state.set('key', 2))
    await sleep(100)
    proxy.reset()
    expect(await read).toBe('UNAVAILABLE')
    expect(await write).toBe('OUTCOME_UNKNOWN')
    server.resume()
    await recovers()
    expect([1, 2]).toContain(await state.get('key'))
  })

  test('what a store has sent is not applied any more once another has fenced it', async () => {
    const store = await openStore(redis({ url: server.url }))
    for (const isFenced of [false, true]) {
      await state.set('key', 'before')
      proxy.stall()
      const late = outcome(() => state.set('key', 'late'))
      await sleep(50)
      if (isFenced) await store.fence?.()
      await store.set('key', { value: Buffer.from('"new"'), version: `version ${isFenced}` })
      proxy.unstall()
      expect(['ok', 'OUTCOME_UNKNOWN']).toContain(await late)
      await recovers()
      // That it would have been applied without is what makes the fence worth having.
      expect(await state.get('key')).toBe(isFenced ? 'new' : 'late')
    }
    await store.close()
  })

  test('operations fail at once while there is none, and never find nothing', async () => {
    await state.set('key', 1)
    proxy.refuse(true)
    proxy.reset()
    await expect.poll(() => outcome(() => state.get('key'))).toBe('UNAVAILABLE')
    const started = performance.now()
    for (let i = 0; i < 100; i++) {
      expect(await outcome(() => state.get('key'))).toBe('UNAVAILABLE')
      expect(await outcome(() => state.set('key', 2))).toBe('UNAVAILABLE')
    }
    expect(await outcome(() => state.getMany(['key', 'other']))).toBe('UNAVAILABLE')
    expect(await outcome(() => state.keys().page())).toBe('UNAVAILABLE')
    expect(await outcome(() => state.stats())).toBe('UNAVAILABLE')
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS)
    proxy.refuse(false)
    await recovers()
    expect(await state.get('key')).toBe(1)
  })

  test('a server that is paused is given up, and taken up again', async () => {
    await state.set('key', 1)
    server.pause()
    expect(await outcome(() => state.get('key'))).toBe('TIMEOUT')
    expect(await outcome(() => state.increment('count'))).toBe('OUTCOME_UNKNOWN')
    server.resume()
    await recovers()
    expect([undefined, 1]).toContain(await state.get('count'))
  })

  test('a connection on which nothing comes back is made again', async () => {
    await state.set('key', 1)
    proxy.stall()
    expect(await outcome(() => state.get('key'))).toBe('TIMEOUT')
    const before = proxy.connections
    expect(before).toBeGreaterThan(0)
    // After five seconds of silence it counts as lost; what is new gets through.
    await expect
      .poll(
        async () => {
          const result = await outcome(() => state.get('key'))
          if (result === 'UNAVAILABLE') proxy.unstall()
          return result
        },
        { timeout: 60_000 },
      )
      .toBe('ok')
    await recovers()
  })

  test('a reply that is cut in the middle gives no value', async () => {
    const value = 'x'.repeat(10_000)
    await state.set('key', value)
    for (const bytes of [0, 1, 5, 500, 9000]) {
      proxy.cutReplyAfter(bytes)
      expect(await outcome(() => state.get('key'))).toBe('UNAVAILABLE')
      await recovers()
      expect(await state.get('key')).toBe(value)
    }
  })

  test('a restarted server has all that was acknowledged', async () => {
    const acknowledged = new Map<string, number>()
    let stop = false
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; !stop; i++) {
        const key = `key${writer}:${i % 20}`
        const result = await outcome(() => state.set(key, i))
        if (result === 'ok') acknowledged.set(key, i)
        // A write of unknown outcome may have been the last one.
        else if (result === 'OUTCOME_UNKNOWN') acknowledged.delete(key)
        if (result !== 'ok') await sleep(20)
      }
    })
    for (let round = 0; round < 3; round++) {
      await sleep(300)
      await server.restart()
    }
    await recovers()
    stop = true
    await Promise.all(writers)
    expect(acknowledged.size).toBeGreaterThan(50)
    for (const [key, value] of acknowledged) expect([key, await state.get(key)]).toEqual([key, value])
  })

  test('close() ends although the server does not answer', async () => {
    server.pause()
    const pending = outcome(() => state.get('key'))
    const started = performance.now()
    await state.close()
    expect(performance.now() - started).toBeLessThan(6000)
    await pending
    server.resume()
  })

  test('opening fails where nobody answers, and says where', async () => {
    proxy.refuse(true)
    const error = await opened({ connectTimeoutMs: 300 }).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', operation: 'open', backend: 'redis' })
  })
})

describe('what Redis itself refuses', () => {
  beforeEach(async () => {
    server = await startRedis()
    proxy = await startProxy(server)
    state = await opened()
  })

  afterEach(async () => {
    await state.close()
    await proxy.close()
    await server.stop()
  })

  const ask = async (...args: readonly string[]): Promise<string> =>
    (await import('@switchyard/services')).command(server.port, args)

  test('for want of memory is FULL, and reads go on', async () => {
    await state.set('key', 1)
    await ask('CONFIG', 'SET', 'maxmemory', '1')
    expect(await outcome(() => state.set('key', 2))).toBe('FULL')
    expect(await outcome(() => state.setMany([{ key: 'a', value: 1 }]))).toBe('FULL')
    expect(await state.get('key')).toBe(1)
    await ask('CONFIG', 'SET', 'maxmemory', '0')
    await state.set('key', 2)
  })

  test('as a replica is UNAVAILABLE and can be tried again', async () => {
    await ask('REPLICAOF', '127.0.0.1', '1')
    const error = await state.set('key', 1).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
    await ask('REPLICAOF', 'NO', 'ONE')
    await state.set('key', 1)
  })

  test('as it has forgotten the scripts, is sent again with them', async () => {
    await state.increment('count')
    await ask('SCRIPT', 'FLUSH')
    await Promise.all([state.increment('count'), state.increment('count'), state.set('key', 1)])
    expect(await state.getMany(['count', 'key'])).toEqual([3, 1])
  })

  test('when it cuts off its clients, is not felt for long', async () => {
    await state.set('key', 1)
    await ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await recovers()
    expect(await state.get('key')).toBe(1)
  })

  test('is warned about when it evicts keys', async () => {
    await ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const warnings: string[] = []
    const backends = { redis: redis({ url: server.url }) }
    const other = await createState({ backends, logger: { warn: (message) => warnings.push(message) } })
    await other.close()
    expect(warnings.join()).toMatch(/'redis'.*allkeys-lru.*noeviction/)
  })
})
