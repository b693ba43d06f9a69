import KeyvRedis, { createClient } from '@keyv/redis'
import { createState, isStateError, openStore, type State } from '@switchyard/core'
import { command, type RedisServer, startRedis, startRedisSentinel } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RedisOptions, redis } from '../src/index.ts'

let server: RedisServer
const states: State[] = []

async function opened(options: RedisOptions): Promise<State> {
  const state = await createState({ backends: { redis: redis(options) }, cleanupInterval: false })
  states.push(state)
  return state
}

const ask = (...args: readonly string[]): Promise<string> => command(server.port, args)
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error) => (isStateError(error) ? error.code : error),
  )

describe('@switchyard/redis', () => {
  beforeAll(async () => {
    server = await startRedis()
  })

  afterAll(async () => {
    for (const state of states) await state.close()
    await server.stop()
  })

  test('keeps an entry in one string, in a stripe that a cluster finds by its tag', async () => {
    const state = await opened({ url: server.url, prefix: 'shop' })
    const { version, expiresAt } = await state.set('user:1', { a: 1 }, { ttl: '1h' })
    const name = (await ask('KEYS', 'shop:*')).trim()
    expect(name).toMatch(/^shop:\{s\d\d\}:k:user:1$/)
    expect(await ask('GET', name)).toBe(`${version.length}:${expiresAt}:${version}{"a":1}`)
    expect(Number(await ask('PEXPIRETIME', name))).toBe(Number(expiresAt) - 1)
    await state.set('user:1', { a: 2 })
    expect(await ask('PEXPIRETIME', name)).toBe('-1')
  })

  test('keeps states with different prefixes apart', async () => {
    const one = await opened({ url: server.url, prefix: 'one' })
    const other = await opened({ url: server.url, prefix: 'one*' })
    await one.set('key', 1)
    await other.set('key', 2)
    await other.clear()
    expect(await one.get('key')).toBe(1)
    expect(await other.get('key')).toBe(undefined)
  })

  test('sends the gets of one turn in one command, and so the sets', async () => {
    const state = await opened({ url: server.url, prefix: 'turns' })
    const calls = async (name: string): Promise<number> =>
      Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(await ask('INFO', 'commandstats'))?.[1] ?? 0)
    await state.set('key0', 0)
    await ask('CONFIG', 'RESETSTAT')
    await Promise.all(Array.from({ length: 50 }, (_, i) => state.set(`key${i}`, i)))
    expect(await calls('evalsha')).toBe(1)
    expect(await calls('mset')).toBe(1)
    await ask('CONFIG', 'RESETSTAT')
    const values = await Promise.all(Array.from({ length: 50 }, (_, i) => state.get(`key${i}`)))
    expect(values).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(await calls('mget')).toBe(1)
  })

  test('reports what stands in its place and is not its own, and harms nothing else', async () => {
    const state = await opened({ url: server.url, prefix: 'damage' })
    await state.set('good', 1)
    await state.set('bad', 1)
    const [name] = (await ask('KEYS', 'damage:*:bad')).split('\n')
    await ask('SET', name as string, 'not a record')
    const [good, bad] = await Promise.allSettled([state.get('good'), state.get('bad')])
    expect(good).toMatchObject({ status: 'fulfilled', value: 1 })
    expect(bad).toMatchObject({ reason: { code: 'CORRUPT', key: 'bad' } })
    expect(await codeOf(state.increment('bad'))).toBe('CORRUPT')
    expect(await codeOf(state.set('bad', 2, { ifAbsent: true }))).toBe('CORRUPT')
    await state.set('bad', 2)
    expect(await state.get('bad')).toBe(2)
  })

  test('writes nothing to a stripe that is being moved, and marks what is written to one that is tracked', async () => {
    const state = await opened({ url: server.url, prefix: 'moving' })
    await state.set('key', 1)
    const tag = /^(.*:)k:/.exec(await ask('KEYS', 'moving:*'))?.[1] as string
    await ask('SET', `${tag}fence`, 'frozen:7')
    const error = await state.set('key', 2).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
    expect(await codeOf(state.transaction({ operations: [{ op: 'delete', key: 'key' }] }))).toBe(
      'UNAVAILABLE',
    )
    expect(await state.get('key')).toBe(1)
    await ask('SET', `${tag}fence`, 'track:8')
    await state.set('key', 3)
    expect(await ask('SMEMBERS', `${tag}dirty`)).toBe(`${tag}k:key`)
  })

  test('shares plain values with other programs', async () => {
    const state = await opened({ url: server.url, layout: 'plain', prefix: 'app:' })
    const { version } = await state.set('a', { from: 'us' })
    expect(await ask('GET', 'app:a')).toBe('{"from":"us"}')
    await ask('SET', 'app:a', '{"from":"them"}', 'PX', '60000')
    const entry = await state.getEntry('a')
    expect(entry?.value).toEqual({ from: 'them' })
    expect(entry?.version).not.toBe(version)
    expect((entry?.expiresAt as number) - Date.now()).toBeGreaterThan(50_000)
    expect(await codeOf(state.set('a', 1, { ifVersion: version }))).toBe('CONFLICT')
    await state.set('a', 2, { ifVersion: entry?.version as string })
    expect(await ask('GET', 'app:a')).toBe('2')
    await ask('HSET', 'app:hash', 'field', 'value')
    expect((await state.keys().page()).items).toEqual(['a'])
  })

  test('takes a client that is there, and leaves it open', async () => {
    const client = createClient({ url: server.url })
    const keyv = new KeyvRedis(server.url)
    for (const given of [client, keyv]) {
      const state = await createState({ backends: { redis: redis({ client: given, prefix: 'given' }) } })
      await state.set('key', 1)
      expect(await state.get('key')).toBe(1)
      await state.close()
    }
    expect(client.isOpen).toBe(true)
    client.destroy()
    await keyv.disconnect()
  })

  test('logs in, and says who is refused', async () => {
    const locked = await startRedis({ password: 'secret' })
    const state = await opened({ url: locked.url })
    await state.set('key', 1)
    await state.close()
    const wrong = `redis://127.0.0.1:${locked.port}`
    const error = await openStore(redis({ url: wrong, connectTimeoutMs: 300 })).catch((reason) => reason)
    expect(error.message).toMatch(/NOAUTH/)
    await locked.stop()
  })

  test('finds the new master after a fail-over', async () => {
    const sentinel = await startRedisSentinel()
    const state = await createState({
      backends: {
        redis: redis({ sentinel: { name: sentinel.name, sentinelRootNodes: sentinel.sentinels } }),
      },
      timeoutMs: 1000,
    })
    await state.set('key', 1)
    await sentinel.master.kill()
    await expect.poll(() => codeOf(state.set('key', 2)), { timeout: 60_000, interval: 100 }).toBe('ok')
    expect(await command(sentinel.replica.port, ['ROLE'])).toContain('master')
    expect(await state.get('key')).toBe(2)
    await state.close()
    await sentinel.stop()
  }, 300_000)
})
