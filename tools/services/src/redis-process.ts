import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findRedis } from './find-redis.ts'
import { command } from './resp.ts'

const START_TIMEOUT_MS = 20_000
const LOG = 'redis.log'

/**
 * Starts the server, tells its pid and ends with it. Beside it reads from this process: when that is gone, however
 * it ended, the read ends and the server with it.
 */
const GUARD =
  'exec 3<&0; "$@" 3<&- & c=$!; echo $c; (read -r _ <&3; kill -9 $c) 2>/dev/null & r=$!; wait $c; kill $r 2>/dev/null'

/** A server process on a port of its own. */
export interface RedisProcess {
  readonly pid: number
  readonly port: number
  signal(name: NodeJS.Signals): void
  /** Ends it with this signal and waits until it is gone. */
  end(name: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface RedisProcessOptions {
  readonly port: number
  readonly folder: string
  readonly args: readonly string[]
  readonly sentinel?: boolean
  /** Whether it answers without TLS and password, so that it can be waited for by asking. */
  readonly isOpen?: boolean
}

/** @throws Error with the log if it does not start, such as for a port that is taken */
export async function startRedisProcess(options: RedisProcessOptions): Promise<RedisProcess> {
  const { port, folder, args, sentinel = false, isOpen = true } = options
  const { path, env } = await findRedis()
  const all = sentinel ? args : ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...args]
  const guard = spawn('sh', ['-c', GUARD, 'sh', path, ...all, '--logfile', join(folder, LOG)], {
    env,
    cwd: folder,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const pid = await pidFrom(guard)
  const ended = once(guard, 'exit')
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })

  const one: RedisProcess = {
    pid,
    port,
    signal: (name) => void process.kill(pid, name),
    async end(name) {
      if (hasEnded) return
      process.kill(pid, name)
      // One that is paused would not heed it.
      if (name === 'SIGTERM') process.kill(pid, 'SIGCONT')
      await ended
    },
  }

  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await isReady(port, folder, isOpen))) {
    if (hasEnded || Date.now() > deadline) {
      const log = await readFile(join(folder, LOG), 'utf8').catch(() => 'no log')
      await one.end('SIGKILL')
      throw new Error(`redis-server did not start on port ${port}:\n${log}`)
    }
    await sleep(10)
  }
  return one
}

async function pidFrom(guard: ChildProcess): Promise<number> {
  guard.stdout?.setEncoding('utf8')
  const [line] = (await once(guard.stdout as NodeJS.ReadableStream, 'data')) as [string]
  return Number.parseInt(line, 10)
}

async function isReady(port: number, folder: string, isOpen: boolean): Promise<boolean> {
  if (isOpen) return (await command(port, ['PING']).catch(() => undefined)) === 'PONG'
  const log = await readFile(join(folder, LOG), 'utf8').catch(() => '')
  return log.includes('Ready to accept connections')
}
