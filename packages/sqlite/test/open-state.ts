import { createState, type State } from '@switchyard/core'
import { onTestFinished } from 'vitest'
import { type SqliteOptions, sqlite } from '../src/index.ts'

/** The state in a file, closed when the test has ended. */
export async function openState(path: string, options: Omit<SqliteOptions, 'path'> = {}): Promise<State> {
  const backends = { file: sqlite({ path, ...options }) }
  const state = await createState({ backends, cleanupInterval: false })
  onTestFinished(() => state.close())
  return state
}
