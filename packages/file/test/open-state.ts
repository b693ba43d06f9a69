import { type Backend, createState, type Logger, type State } from '@switchyard/core'
import { onTestFinished } from 'vitest'

/** A state on this backend, closed after the test, and what was warned about. */
export async function openState(
  backend: Backend,
): Promise<{ readonly state: State; readonly warnings: readonly string[] }> {
  const warnings: string[] = []
  const logger: Logger = { warn: (message) => void warnings.push(message) }
  const state = await createState({ backends: { file: backend }, cleanupInterval: false, logger })
  onTestFinished(() => state.close())
  return { state, warnings }
}

/** All keys and values. */
export async function contentOf(state: State): Promise<Map<string, unknown>> {
  const content = new Map<string, unknown>()
  for await (const { key, value } of state.entries()) content.set(key, value)
  return content
}
