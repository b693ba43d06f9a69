import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterFile } from './after-file.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ChildServer {
  readonly process: ChildProcess
  /** Resolves when a line of the log matches. */
  logged(pattern: RegExp): Promise<RegExpExecArray>
  /** Where it listens. */
  url(): Promise<string>
  readonly ended: Promise<Ended>
}

/** The server as an operator starts it. It is killed after the tests of the file if it still runs. */
export function startChild(cwd: string, env: Readonly<Record<string, string>> = {}): ChildServer {
  const { HOST: _host, PORT: _port, SWITCHYARD_CONFIG: _config, ...inherited } = process.env
  const child = spawn(process.execPath, ['--no-warnings', MAIN], {
    cwd,
    env: { ...inherited, PORT: '0', ...env },
  })
  afterFile(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  let wake = (): void => {}
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    wake()
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  let isOver = false
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    isOver = true
    wake()
    return { code, signal, stdout, stderr }
  })

  async function logged(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(stdout)
      if (match !== null) return match
      if (isOver) throw new Error(`The server ended before it logged ${pattern}: ${stdout}${stderr}`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  return {
    process: child,
    logged,
    async url() {
      const [, url] = await logged(/Switchyard at (http:\/\/[^,\s]+),/)
      return url as string
    },
    ended,
  }
}
