import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

export interface ServerProcessOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Whom it runs as; only root can choose. */
  readonly user?: number
}

/** A server as an operator starts it, on a free port of 127.0.0.1. It is killed after the test if it still runs. */
export interface ServerProcess {
  readonly url: string
  /** Sends the signal and resolves to the exit code, which is null after SIGKILL. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

/** @throws Error with what it printed if it ends before it listens */
export async function startServer(
  command: string,
  args: readonly string[],
  { cwd, env, user }: ServerProcessOptions,
): Promise<ServerProcess> {
  const child = spawn(command, args, {
    cwd,
    env: { ...env, HOST: '127.0.0.1', PORT: '0' },
    ...(user !== undefined && { uid: user, gid: user }),
    detached: true,
  })
  const ended = once(child, 'close')
  const signal = (name: NodeJS.Signals): void => {
    // To all that it started, as Ctrl-C in a terminal is.
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), name)
  }
  onTestFinished(() => signal('SIGKILL'))
  const url = await listening(child)
  return {
    url,
    async end(name) {
      signal(name)
      const [code] = await ended
      return code as number | null
    },
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        printed += text
        const [, url] = /Switchyard at (http:\/\/[^,\s]+),/.exec(printed) ?? []
        if (url !== undefined) resolve(url)
      })
    }
    child.once('error', reject)
    child.once('close', () => reject(new Error(`The server ended before it listened: ${printed}`)))
  })
}
