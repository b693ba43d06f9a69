import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onFreePort, type RedisServer, startRedis } from './redis.ts'
import { type RedisProcess, startRedisProcess } from './redis-process.ts'
import { command } from './resp.ts'

const NAME = 'state'
const READY_TIMEOUT_MS = 30_000

/** A master and its replica, watched by two Sentinels. */
export interface RedisSentinel {
  /** What the Sentinels call the master. */
  readonly name: string
  readonly sentinels: readonly { readonly host: string; readonly port: number }[]
  readonly master: RedisServer
  readonly replica: RedisServer
  stop(): Promise<void>
}

export async function startRedisSentinel(): Promise<RedisSentinel> {
  const folders: string[] = []
  const sentinels: RedisProcess[] = []
  const servers: RedisServer[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(sentinels.map((sentinel) => sentinel.end('SIGKILL')))
    await Promise.all(servers.map((server) => server.stop()))
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
  }
  try {
    const master = await startRedis()
    servers.push(master)
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
    servers.push(replica)
    // A Sentinel looks at first and then every ten seconds.
    await untilReplicated(replica.port)
    for (let i = 0; i < 2; i++) {
      const folder = await mkdtemp(join(tmpdir(), 'switchyard-sentinel-'))
      folders.push(folder)
      sentinels.push(await onFreePort((port) => startSentinel(port, folder, master.port)))
    }
    for (const { port } of sentinels) await untilItKnowsAll(port)
    return {
      name: NAME,
      sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      master,
      replica,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startSentinel(port: number, folder: string, master: number): Promise<RedisProcess> {
  const file = join(folder, 'sentinel.conf')
  await writeFile(
    file,
    `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor ${NAME} 127.0.0.1 ${master} 2
sentinel down-after-milliseconds ${NAME} 1000
sentinel failover-timeout ${NAME} 5000
`,
  )
  return startRedisProcess({ port, folder, args: [file, '--sentinel'], sentinel: true })
}

async function untilReplicated(port: number): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (!(await command(port, ['INFO', 'replication'])).includes('master_link_status:up')) {
    if (Date.now() > deadline) throw new Error('The replica did not connect to its master')
    await sleep(20)
  }
}

/** The other Sentinel and the replica, so that it can fail over. */
async function untilItKnowsAll(port: number): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  for (;;) {
    const facts = (await command(port, ['SENTINEL', 'MASTER', NAME])).split('\n')
    const fact = (name: string): number => Number(facts[facts.indexOf(name) + 1])
    if (fact('num-other-sentinels') === 1 && fact('num-slaves') === 1) return
    if (Date.now() > deadline) throw new Error(`The Sentinels do not know each other:\n${facts.join(' ')}`)
    await sleep(50)
  }
}
