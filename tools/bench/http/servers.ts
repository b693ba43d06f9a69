import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly port: number
  stop(): Promise<void>
}

export type ServerKind = 'switchyard' | 'fastify' | 'node'

export async function startServer(kind: ServerKind): Promise<ServerProcess> {
  return startProcess('serve.ts', [kind])
}

/** Starts a file of this folder, which sends a message when it is ready. */
export async function startProcess(file: string, argv: readonly string[]): Promise<ServerProcess> {
  const child = fork(new URL(file, import.meta.url), argv)
  const exited = once(child, 'exit')
  const failed = exited.then(([code]) => {
    throw new Error(`${file} ended with code ${code}`)
  })
  failed.catch(() => undefined)
  const [port] = (await Promise.race([once(child, 'message'), failed])) as [number]
  return {
    port,
    async stop() {
      child.kill()
      await exited
    },
  }
}
