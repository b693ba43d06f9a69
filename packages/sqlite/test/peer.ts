import { DatabaseSync } from 'node:sqlite'
import { createState, isStateError, type State } from '@switchyard/core'
import { sqlite } from '../src/index.ts'

/** What a process does when it is told to, with the keys or the number of what it did as the answer. */
export type Task =
  /** Closes what it had open before. */
  | { readonly op: 'open'; readonly path: string }
  | { readonly op: 'increment'; readonly key: string; readonly times: number }
  | { readonly op: 'create'; readonly keys: readonly string[]; readonly value: string }
  | { readonly op: 'take'; readonly keys: readonly string[] }
  | { readonly op: 'set'; readonly keys: readonly string[]; readonly value: string }
  /** Holds SQLite's write lock, as any other program may, until 'unlock'. */
  | { readonly op: 'lock'; readonly path: string }
  | { readonly op: 'unlock' }
  /** Closes what was opened. Nothing else ends the process. */
  | { readonly op: 'close' }

export interface Answer {
  readonly done?: readonly string[]
  readonly failed?: string
}

let state: State | undefined
let raw: DatabaseSync | undefined

function opened(): State {
  if (state === undefined) throw new Error("Not opened yet: send 'open' first")
  return state
}

async function perform(task: Task): Promise<readonly string[]> {
  switch (task.op) {
    case 'open':
      await state?.close()
      state = await createState({ backends: { file: sqlite({ path: task.path }) } })
      return []
    case 'increment':
      for (let i = 0; i < task.times; i++) await opened().increment(task.key)
      return []
    case 'create':
      return keysThat(task.keys, async (key) => {
        try {
          await opened().set(key, task.value, { ifAbsent: true })
          return true
        } catch (error) {
          if (isStateError(error, 'CONFLICT')) return false
          throw error
        }
      })
    case 'take':
      return keysThat(task.keys, async (key) => (await opened().take(key)) !== undefined)
    case 'set':
      return keysThat(task.keys, async (key) => {
        await opened().set(key, task.value)
        return true
      })
    case 'lock':
      raw = new DatabaseSync(task.path)
      raw.exec('BEGIN IMMEDIATE')
      return []
    case 'unlock':
      raw?.exec('COMMIT')
      raw?.close()
      return []
    case 'close':
      await state?.close()
      process.disconnect?.()
      return []
  }
}

async function keysThat(
  keys: readonly string[],
  holds: (key: string) => Promise<boolean>,
): Promise<string[]> {
  const found = await Promise.all(keys.map(holds))
  return keys.filter((_, i) => found[i])
}

process.on('message', (task: Task) => {
  perform(task).then(
    (done) => answer({ done }),
    (error: unknown) => answer({ failed: String(error instanceof Error ? error.stack : error) }),
  )
})

/** After 'close' the exit code is the answer. */
function answer(message: Answer): void {
  if (process.connected) process.send?.(message)
  else if (message.failed !== undefined) throw new Error(message.failed)
}
