import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createState, isStateError } from '@switchyard/core'
import { loadBackendModule } from './backend-module.ts'
import type { Answer, Assignment, Failure, Request } from './child-protocol.ts'
import { type Acknowledge, TASKS, type TaskName } from './process-tasks.ts'

const ANSWERS_FD = 3

/** Synchronously, so that what was acknowledged is told before the process can be killed. */
function answer(line: Answer): void {
  writeSync(ANSWERS_FD, `${JSON.stringify(line)}\n`)
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  return isStateError(error) ? { code: error.code, message } : { message }
}

async function serve({ moduleUrl, place }: Assignment): Promise<void> {
  const { create } = await loadBackendModule(moduleUrl)
  const state = await createState({ backends: { tested: await create(place) } })
  answer({ opened: true })
  const acknowledge: Acknowledge = (acknowledged) => answer({ acknowledged })
  const running = new Set<Promise<void>>()

  async function run(id: number, task: TaskName, input: unknown): Promise<void> {
    try {
      answer({ id, result: (await TASKS[task](state, input as never, acknowledge)) ?? null })
    } catch (error) {
      answer({ id, failed: failureOf(error) })
    }
  }

  for await (const line of createInterface(process.stdin)) {
    const request: Request = JSON.parse(line)
    if ('close' in request) break
    const work = run(request.id, request.task, request.input).finally(() => running.delete(work))
    running.add(work)
  }
  // With the tasks still running: what is in flight has to be settled.
  await state.close()
  await Promise.all(running)
  answer({ closed: true })
  // From here on the process has to end by itself: nothing of the kit keeps it alive.
  process.stdin.destroy()
}

try {
  await serve(JSON.parse(process.argv[2] as string))
} catch (error) {
  answer({ failed: failureOf(error) })
  process.exit(1)
}
