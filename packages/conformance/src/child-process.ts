import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { StateError } from '@switchyard/core'
import type { Answer, Assignment, Failure, Request } from './child-protocol.ts'
import type { TaskInput, TaskName, TaskResult } from './process-tasks.ts'

/** A process that opens the backend. */
export interface TestProcess {
  /** Resolves when it has opened it, or rejects with the error of that. */
  opened(): Promise<void>
  /** Runs a task there. Rejects with what it rejects with, and if the process ends before. */
  run<Name extends TaskName>(task: Name, input: TaskInput<Name>): Promise<TaskResult<Name>>
  /** Resolves when its tasks have had so many writes acknowledged. */
  acknowledged(count: number): Promise<void>
  /** How many writes its tasks have had acknowledged, as far as the process could tell. */
  readonly acknowledgements: number
  /** Ends it with SIGKILL; resolves when it is gone and everything it has told is heard. */
  kill(): Promise<void>
  /** Has it close its state; resolves when it has exited by itself. */
  closeAndExit(): Promise<void>
}

type Waiting = PromiseWithResolvers<unknown>

/** Beside this file in `src` and in `dist`. */
const runsFromSource = import.meta.url.split('?')[0]?.endsWith('.ts') === true
const WORKER = fileURLToPath(new URL(runsFromSource ? './worker.ts' : './worker.js', import.meta.url))
const SOURCE_CONDITION = '--conditions=@switchyard/source'

export function startProcess(assignment: Assignment): TestProcess {
  const args = [...(runsFromSource ? [SOURCE_CONDITION] : []), WORKER, JSON.stringify(assignment)]
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
  })
  const tasks = new Map<number, Waiting>()
  const waiters = new Set<{ readonly count: number; readonly waiting: Waiting }>()
  const opened: Waiting = Promise.withResolvers()
  const closed: Waiting = Promise.withResolvers()
  const gone = whenGone(child)
  let acknowledgements = 0
  let errorOutput = ''

  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorOutput += text
  })
  child.stdin?.on('error', () => {
    // The process is gone, which `gone` tells.
  })

  function hear(answer: Answer): void {
    if ('acknowledged' in answer) {
      acknowledgements = answer.acknowledged
      for (const { count, waiting } of waiters) if (acknowledgements >= count) waiting.resolve(undefined)
    } else if ('opened' in answer) {
      opened.resolve(undefined)
    } else if ('closed' in answer) {
      closed.resolve(undefined)
    } else if (!('id' in answer)) {
      abandon(errorOf(answer.failed))
    } else if ('failed' in answer) {
      tasks.get(answer.id)?.reject(errorOf(answer.failed))
    } else {
      tasks.get(answer.id)?.resolve(answer.result)
    }
  }

  function abandon(error: Error): void {
    for (const { reject } of [
      opened,
      closed,
      ...tasks.values(),
      ...[...waiters].map(({ waiting }) => waiting),
    ]) {
      reject(error)
    }
  }

  const lines = createInterface(child.stdio[3] as Readable)
  lines.on('line', (line) => hear(JSON.parse(line)))
  void gone.then((how) => abandon(new Error(`The process ended (${how}). ${errorOutput}`)))
  for (const { promise } of [opened, closed]) promise.catch(() => undefined)

  function send(request: Request): void {
    child.stdin?.write(`${JSON.stringify(request)}\n`)
  }

  return {
    async opened() {
      await opened.promise
    },
    run<Name extends TaskName>(task: Name, input: TaskInput<Name>) {
      const id = tasks.size
      const waiting: Waiting = Promise.withResolvers()
      // A task that is still running when its process is killed is of no interest.
      waiting.promise.catch(() => undefined)
      tasks.set(id, waiting)
      send({ id, task, input })
      return waiting.promise as Promise<TaskResult<Name>>
    },
    async acknowledged(count) {
      const waiting: Waiting = Promise.withResolvers()
      waiters.add({ count, waiting })
      if (acknowledgements >= count) waiting.resolve(undefined)
      await waiting.promise
    },
    get acknowledgements() {
      return acknowledgements
    },
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
    async closeAndExit() {
      send({ close: true })
      await closed.promise
      await gone
    },
  }
}

async function whenGone(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(child, 'close')
    return signal === null ? `exit code ${code}` : `signal ${signal}`
  } catch (error) {
    return String(error)
  }
}

function errorOf({ code, message }: Failure): Error {
  return code === undefined ? new Error(message) : new StateError(code, message)
}
