import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createState, openStore, type State } from '@switchyard/core'
import { type RedisServer, startRedis } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type RedisOptions, redis } from '../src/index.ts'
import { ruleOfReadme } from './readme-rule.ts'

async function opened(options: RedisOptions): Promise<State> {
  const state = await createState({ backends: { redis: redis(options) }, cleanupInterval: false })
  onTestFinished(() => state.close())
  return state
}

/** Uses everything that sends commands of its own. */
async function useAll(state: State): Promise<void> {
  await state.set('key', 1, { ttl: '1h' })
  await state.setMany([
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ])
  expect(await state.increment('key')).toBe(2)
  expect(await state.getMany(['a', 'b'])).toEqual([1, 2])
  await state.transaction({ operations: [{ op: 'delete', key: 'a' }] })
  expect((await state.keys().page()).items).toEqual(['b', 'key'])
  expect((await state.stats()).keys).toBe(2)
  await state.cleanup()
  expect(await state.backends.health('redis')).toMatchObject({ healthy: true })
  expect(await state.clear()).toBe(2)
}

describe('with an ACL user', () => {
  let server: RedisServer
  const as = (user: string, password: string): string =>
    server.url.replace('redis://', `redis://${user}:${password}@`)

  beforeAll(async () => {
    server = await startRedis({
      args: [
        '--user',
        ...ruleOfReadme(),
        '--user',
        'reader',
        'on',
        '>secret',
        '~*',
        '&*',
        '+@read',
        '+@connection',
        '+info',
      ],
    })
  })
  afterAll(() => server.stop())

  test('the rule of the README is enough for everything', async () => {
    const state = await opened({ url: as('app', 'secret') })
    await useAll(state)
    const watch = state.watch()
    const change = watch.next()
    const other = await opened({ url: as('app', 'secret') })
    const timer = setInterval(() => void other.set('watched', 1), 20)
    expect((await change).value).toMatchObject({ type: 'set', key: 'watched' })
    clearInterval(timer)
    await watch.return()
    const store = await openStore(redis({ url: as('app', 'secret') }))
    await store.fence?.()
    await store.close()
  })

  test('a wrong password is refused at opening', async () => {
    await expect(opened({ url: as('app', 'wrong') })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('refuses this user: WRONGPASS'),
    })
  })

  test('a command that the user may not send is an error that names it', async () => {
    await expect(
      opened({ url: as('reader', 'secret') }).then((state) => state.set('key', 1)),
    ).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(/refuses this user: NOPERM .*(eval|set|hset)/i),
    })
  })

  test('keys outside the prefix that the user may use are an error', async () => {
    await expect(
      opened({ url: as('app', 'secret'), prefix: 'elsewhere' }).then((state) => state.set('key', 1)),
    ).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('NOPERM') })
  })
})

describe('with TLS', () => {
  const file = (name: string): string => fileURLToPath(new URL(`tls/${name}`, import.meta.url))
  const ca = readFileSync(file('certificate.pem'))
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({
      password: 'secret',
      tls: { certificate: file('certificate.pem'), key: file('key.pem') },
    })
  })
  afterAll(() => server.stop())

  test('it works with the certificate of the server, and a password', async () => {
    await useAll(await opened({ url: server.url, connection: { socket: { tls: true, ca } } }))
  })

  test('a certificate that nobody vouches for is refused', async () => {
    await expect(opened({ url: server.url, connectTimeoutMs: 1000 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/certificate/i),
    })
  })
})
