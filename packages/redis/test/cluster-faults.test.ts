import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createState, isStateError, openStore, type State } from '@switchyard/core'
import { command, findRedis, type RedisCluster, startRedisCluster } from '@switchyard/services'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { redis } from '../src/index.ts'

let cluster: RedisCluster
let state: State
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown): void => void unhandled.push(reason)

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error) => (isStateError(error) ? error.code : String(error)),
  )

/** Some keys that the node holds. */
async function keysOf(port: number): Promise<readonly string[]> {
  const names = (await command(port, ['KEYS', '*:k:*'])).split('\n')
  return names.slice(0, 5).map((name) => name.slice(name.indexOf(':k:') + 3))
}

async function connectionsTo(port: number): Promise<number> {
  const stats = await command(port, ['INFO', 'stats'])
  return Number(/total_connections_received:(\d+)/.exec(stats)?.[1])
}

/** How a node is started again where it was. */
async function restarter(port: number): Promise<() => Promise<void>> {
  const setting = async (name: string): Promise<string> =>
    (await command(port, ['CONFIG', 'GET', name])).split('\n')[1] as string
  const folder = await setting('dir')
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  args.push('--cluster-enabled', 'yes', '--cluster-port', await setting('cluster-port'))
  const { path, env } = await findRedis()
  return async () => {
    const server = spawn(path, args, { env, cwd: folder, stdio: 'ignore' })
    onTestFinished(() => void server.kill('SIGKILL'))
    await expect
      .poll(() => command(port, ['CLUSTER', 'INFO']).catch(String), { timeout: 60_000 })
      .toContain('cluster_state:ok')
  }
}

interface Use {
  readonly live: readonly string[]
  readonly dead: readonly string[]
}

/** Writes and reads for a while, and tells how often each outcome came. */
async function use({ live, dead }: Use, forMs: number): Promise<{ live: Tally; dead: Tally }> {
  const tallies = { live: new Map<string, number>(), dead: new Map<string, number>() }
  const until = performance.now() + forMs
  const one = async (which: 'live' | 'dead', key: string): Promise<void> => {
    while (performance.now() < until) {
      for (const result of await Promise.all([outcome(state.set(key, 1)), outcome(state.get(key))])) {
        tallies[which].set(result, (tallies[which].get(result) ?? 0) + 1)
      }
      await sleep(5)
    }
  }
  await Promise.all([...live.map((key) => one('live', key)), ...dead.map((key) => one('dead', key))])
  return tallies
}

type Tally = ReadonlyMap<string, number>

describe('when a node of a cluster fails', { timeout: 300_000 }, () => {
  let keys: Use
  beforeEach(async () => {
    unhandled.length = 0
    process.on('unhandledRejection', onUnhandled)
    cluster = await startRedisCluster()
    for (const { port } of cluster.nodes) {
      await command(port, ['CONFIG', 'SET', 'cluster-require-full-coverage', 'no'])
    }
    state = await createState({
      backends: { redis: redis({ cluster: { rootNodes: cluster.urls.map((url) => ({ url })) } }) },
      cleanupInterval: false,
      timeoutMs: 1000,
    })
    await Promise.all(Array.from({ length: 200 }, (_, i) => state.set(`key${i}`, i)))
    const [first, second, third] = await Promise.all(cluster.nodes.map(({ port }) => keysOf(port)))
    keys = { live: [...(first ?? []), ...(second ?? [])], dead: third ?? [] }
  })
  afterEach(async () => {
    await state.close()
    await cluster.stop()
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
  })

  test('the others go on, and its own keys are unavailable until it is back', async () => {
    const [healthy, , failing] = cluster.nodes
    if (healthy === undefined || failing === undefined) throw new Error('no nodes')
    const restart = await restarter(failing.port)
    const killed = sleep(200).then(() => failing.end('SIGKILL'))
    const falling = await use(keys, 1000)
    await killed
    expect([...falling.live.keys()]).toEqual(['ok'])
    // No more than what was in flight.
    expect(falling.dead.get('OUTCOME_UNKNOWN') ?? 0).toBeLessThanOrEqual(keys.dead.length)

    const before = await connectionsTo(healthy.port)
    const down = await use(keys, 4000)
    expect([...down.live.keys()]).toEqual(['ok'])
    expect([...down.dead.keys()]).toEqual(['UNAVAILABLE'])
    expect((await connectionsTo(healthy.port)) - before).toBeLessThan(30)

    await restart()
    for (const key of keys.dead) {
      await expect.poll(() => outcome(state.set(key, 2)), { timeout: 60_000 }).toBe('ok')
    }
    await sleep(100)
    const back = await use(keys, 300)
    expect([[...back.live.keys()], [...back.dead.keys()]]).toEqual([['ok'], ['ok']])
  })

  test('a node that does not answer is given up, and taken up again', async () => {
    const [, , failing] = cluster.nodes
    failing?.signal('SIGSTOP')
    const down = await use(keys, 7000)
    expect([...down.live.keys()]).toEqual(['ok'])
    expect(down.dead.has('ok')).toBe(false)
    expect(down.dead.has('UNAVAILABLE')).toBe(true)
    failing?.signal('SIGCONT')
    for (const key of keys.dead) {
      await expect.poll(() => outcome(state.set(key, 2)), { timeout: 60_000 }).toBe('ok')
    }
  })

  test('close() ends although a node does not answer', async () => {
    const store = await openStore(redis({ cluster: { rootNodes: cluster.urls.map((url) => ({ url })) } }))
    const [, , failing] = cluster.nodes
    const key = keys.dead[0] as string
    await store.get(key)
    failing?.signal('SIGSTOP')
    const pending = outcome(Promise.resolve(store.get(key)))
    await sleep(50)
    const started = performance.now()
    await store.close?.()
    expect(performance.now() - started).toBeLessThan(7000)
    expect(await pending).toBe('UNAVAILABLE')
    failing?.signal('SIGCONT')
  })
})
