import { conformance } from '@switchyard/conformance'
import { openStore } from '@switchyard/core'
import { command, freePort, startRedisCluster } from '@switchyard/services'
import { afterAll, beforeEach, describe, expect, it, test } from 'vitest'
import { type RedisOptions, redis } from '../src/index.ts'
import { useRedis } from './backend.ts'
import { ruleOfReadme } from './readme-rule.ts'

const cluster = await startRedisCluster()
afterAll(() => cluster.stop())

const ports = cluster.nodes.map(({ port }) => port)
const rootNodes = cluster.urls.map((url) => ({ url }))
const as = (username: string, password = 'secret'): RedisOptions => ({
  cluster: { rootNodes, defaults: { username, password } },
  // Who is refused is so at once, and not after this time.
  connectTimeoutMs: 600_000,
})

async function setUser(rule: readonly string[], on = ports): Promise<void> {
  for (const port of on) await command(port, ['ACL', 'SETUSER', ...rule])
}

const READER = ['reader', 'on', '>secret', '~*', '&*', '+@read', '+@connection', '+info', '+cluster|slots']

/** The failure of opening. */
async function refusal(options: RedisOptions): Promise<unknown> {
  const store = await openStore(redis(options)).catch((error: unknown) => error)
  if (store instanceof Error) return store
  await (store as { close(): Promise<void> }).close()
  throw new Error('it was opened')
}

await setUser(ruleOfReadme())
useRedis({ options: as('app'), ports })
await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  clock: 'real',
  variant: 'cluster',
  name: 'redis with the rights that the README names',
  only: {
    areas: [
      'declaration',
      'values',
      'versions',
      'lists',
      'batches',
      'updates',
      'maintenance',
      'watch',
      'close',
    ],
  },
})

describe('a user of a cluster', () => {
  beforeEach(async () => {
    await setUser(['app', 'reset', ...ruleOfReadme().slice(1)])
    await setUser(['reader', 'reset', ...READER.slice(1)])
  })

  test('may fence with the rights that the README names', async () => {
    const store = await openStore(redis(as('app')))
    await store.fence?.()
    await store.close()
  })

  test('with a wrong password is refused at once, and each node says why', async () => {
    const error = await refusal(as('app', 'wrong'))
    expect(error).toMatchObject({ code: 'FORBIDDEN' })
    for (const port of ports) expect(String(error)).toContain(`127.0.0.1:${port}: WRONGPASS`)
  })

  test('that is known to one node only is refused by the others', async () => {
    const [known, ...others] = ports as [number, ...number[]]
    await setUser(['app', 'resetpass', '>other'], others)
    const error = await refusal(as('app'))
    expect(error).toMatchObject({ code: 'FORBIDDEN' })
    for (const port of others) expect(String(error)).toContain(`127.0.0.1:${port}: WRONGPASS`)
    expect(String(error)).not.toContain(`:${known}: `)
  })

  test('that may not ask for the nodes is refused, and told what it may not', async () => {
    await setUser(['app', '-cluster|slots'])
    const error = await refusal(as('app'))
    expect(error).toMatchObject({ code: 'FORBIDDEN' })
    for (const port of ports) {
      expect(String(error)).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}: NOPERM .*cluster\\|slots`))
    }
  })

  test('that may not be asked how they are by one of them is refused by that one', async () => {
    const [port] = ports as [number]
    await setUser(['app', '-info'], [port])
    const error = await refusal(as('app'))
    expect(error).toMatchObject({ code: 'FORBIDDEN' })
    expect(String(error)).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}: NOPERM .*info`))
  })

  test('that may not write is told so with the write', async () => {
    const store = await openStore(redis(as('reader')))
    const entry = { value: new Uint8Array(), version: 'v' }
    await expect(store.set('key', entry)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('NOPERM'),
    })
    await store.close()
  })
})

test('of nodes that cannot be reached each says why', async () => {
  const [closed, other] = [await freePort(), await freePort()]
  const nodes = [closed, other].map((port) => ({ socket: { host: '127.0.0.1', port } }))
  const error = await refusal({ cluster: { rootNodes: nodes }, connectTimeoutMs: 500 })
  expect(error).toMatchObject({ code: 'UNAVAILABLE' })
  for (const port of [closed, other]) {
    expect(String(error)).toContain(`127.0.0.1:${port}: connect ECONNREFUSED`)
  }
})

test('a node that refuses is news beside one that cannot be reached', async () => {
  const closed = await freePort()
  const nodes = [`redis://127.0.0.1:${closed}`, cluster.urls[0] as string].map((url) => ({ url }))
  const defaults = { username: 'app', password: 'wrong' }
  const error = await refusal({ cluster: { rootNodes: nodes, defaults }, connectTimeoutMs: 600_000 })
  expect(error).toMatchObject({ code: 'FORBIDDEN' })
  expect(String(error)).toContain(`127.0.0.1:${closed}: connect ECONNREFUSED`)
  expect(String(error)).toContain(`127.0.0.1:${ports[0]}: WRONGPASS`)
})

test('one node that answers is enough to find the others', async () => {
  const closed = await freePort()
  const nodes = [`redis://127.0.0.1:${closed}`, cluster.urls[1] as string].map((url) => ({ url }))
  const store = await openStore(redis({ cluster: { rootNodes: nodes } }))
  expect(await store.get('missing')).toBeUndefined()
  await store.close()
})
