import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { type RedisProcess, startRedisProcess } from './redis-process.ts'

/** How often another port is tried where somebody took it first. */
const ATTEMPTS = 5

export interface RedisServerOptions {
  /** More arguments: `['--maxmemory', '10mb']`. */
  readonly args?: readonly string[]
  /** Password of the default user. */
  readonly password?: string
  /** Files of a certificate and its key: it listens with TLS only. */
  readonly tls?: { readonly certificate: string; readonly key: string }
}

/** A Redis of one's own, on a free port of 127.0.0.1. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** It answers nothing any more, and its connections stay. */
  pause(): void
  resume(): void
  /** Ends it at once. */
  kill(): Promise<void>
  /** Starts it again on the same port; after `kill()` without what it had not saved. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export async function startRedis({
  args = [],
  password,
  tls,
}: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-redis-'))
  const all = ['--save', '', ...args, ...(password === undefined ? [] : ['--requirepass', password])]
  const start = (port: number): Promise<RedisProcess> =>
    startRedisProcess({
      port,
      folder,
      args: [...all, ...(tls === undefined ? [] : tlsArgs(port, tls))],
      isOpen: password === undefined && tls === undefined,
    })
  let running: RedisProcess | undefined = await onFreePort(start).catch(async (error) => {
    await rm(folder, { recursive: true })
    throw error
  })
  const { port } = running
  const user = password === undefined ? '' : `default:${encodeURIComponent(password)}@`

  const server: RedisServer = {
    url: `${tls === undefined ? 'redis' : 'rediss'}://${user}127.0.0.1:${port}`,
    port,
    get pid() {
      return running?.pid ?? 0
    },
    pause: () => running?.signal('SIGSTOP'),
    resume: () => running?.signal('SIGCONT'),
    async kill() {
      await running?.end('SIGKILL')
      running = undefined
    },
    async restart() {
      await running?.end('SIGTERM')
      running = await start(port)
    },
    async stop() {
      await server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return server
}

function tlsArgs(port: number, { certificate, key }: Required<RedisServerOptions>['tls']): readonly string[] {
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate]
  return ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...files]
}

/** Between finding a free port and listening on it somebody else may take it. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort())
    } catch (error) {
      if (attempt === ATTEMPTS || !String(error).includes('Address already in use')) throw error
    }
  }
}
