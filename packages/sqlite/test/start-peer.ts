import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Answer, Task } from './peer.ts'

export interface Peer {
  /** Resolves with the keys that it did it to. */
  tell(task: Task): Promise<readonly string[]>
  /** Lets it close its file; resolves with its exit code once it has ended by itself. */
  end(): Promise<number | null>
}

/** Starts a process that does what it is told. It is killed when the test has ended. */
export function startPeer(): Peer {
  const child = fork(fileURLToPath(new URL('peer.ts', import.meta.url)), { execArgv: ['--no-warnings'] })
  const ended: Promise<unknown[]> = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    async tell(task) {
      const answered: Promise<unknown[]> = once(child, 'message')
      child.send(task)
      const early = ended.then(([code, signal]) => {
        throw new Error(`The process ended with ${String(code ?? signal)} before it had done '${task.op}'`)
      })
      const [answer] = (await Promise.race([answered, early])) as [Answer]
      if (answer.done === undefined) throw new Error(answer.failed)
      return answer.done
    },
    async end() {
      child.send({ op: 'close' } satisfies Task)
      const [code] = await ended
      return code as number | null
    },
  }
}

export function startPeers(count: number): Peer[] {
  return Array.from({ length: count }, startPeer)
}
