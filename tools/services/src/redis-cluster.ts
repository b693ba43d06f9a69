import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { onFreePort } from './redis.ts'
import { type RedisProcess, startRedisProcess } from './redis-process.ts'
import { command } from './resp.ts'

const SLOTS = 16_384
const READY_TIMEOUT_MS = 30_000

/** Three masters without replicas. */
export interface RedisCluster {
  readonly urls: readonly string[]
  readonly nodes: readonly RedisProcess[]
  stop(): Promise<void>
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const folders: string[] = []
  const nodes: RedisProcess[] = []
  const cluster: RedisCluster = {
    nodes,
    get urls() {
      return nodes.map(({ port }) => `redis://127.0.0.1:${port}`)
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.end('SIGKILL')))
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
    },
  }
  try {
    for (let i = 0; i < 3; i++) {
      const folder = await mkdtemp(join(tmpdir(), 'switchyard-redis-'))
      folders.push(folder)
      nodes.push(await onFreePort((port) => startNode(port, folder)))
    }
    await join3(nodes.map(({ port }) => port))
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

async function startNode(port: number, folder: string): Promise<RedisProcess> {
  // The port of its bus is 10,000 higher by default, which high ports have no room for.
  const bus = String(await freePort())
  const args = [
    '--save',
    '',
    '--cluster-enabled',
    'yes',
    '--cluster-port',
    bus,
    '--cluster-node-timeout',
    '5000',
  ]
  return startRedisProcess({ port, folder, args })
}

async function join3(ports: readonly number[]): Promise<void> {
  const [first, ...others] = ports as [number, ...number[]]
  const share = Math.ceil(SLOTS / ports.length)
  await Promise.all(
    ports.map((port, i) => {
      const last = Math.min((i + 1) * share, SLOTS) - 1
      return command(port, ['CLUSTER', 'ADDSLOTSRANGE', String(i * share), String(last)])
    }),
  )
  for (const port of others) {
    const bus = await command(port, ['CONFIG', 'GET', 'cluster-port'])
    await command(first, ['CLUSTER', 'MEET', '127.0.0.1', String(port), bus.split('\n')[1] as string])
  }
  const deadline = Date.now() + READY_TIMEOUT_MS
  for (const port of ports) {
    while (!(await knowsAll(port, ports.length))) {
      if (Date.now() > deadline)
        throw new Error(`The cluster did not form: ${await command(port, ['CLUSTER', 'INFO'])}`)
      await sleep(20)
    }
  }
}

async function knowsAll(port: number, count: number): Promise<boolean> {
  const info = await command(port, ['CLUSTER', 'INFO'])
  return (
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_slots_ok:${SLOTS}`) &&
    info.includes(`cluster_known_nodes:${count}`)
  )
}
