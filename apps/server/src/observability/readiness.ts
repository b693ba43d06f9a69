import { asStateError, type State } from '@switchyard/core'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'

/** Something that has to be so for the server to serve. */
export type ReadinessCheck = { readonly name: 'server' | 'backend' | 'operations' } & (
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string }
)

export const readinessChecks: JsonSchema = listOf(
  record(
    {
      name: { enum: ['server', 'backend', 'operations'] },
      ok: { type: 'boolean' },
      reason: { type: 'string', description: 'What is wrong, for people.' },
    },
    ['name', 'ok'],
  ),
  {
    description:
      '`server`: it takes requests. `backend`: the active one is healthy. `operations`: they get their turn, and the state is not halted.',
  },
)

/** What everybody may know; addresses and paths are for administrators. */
const TOLD: Readonly<Record<ReadinessCheck['name'], string>> = {
  server: 'The server is stopping',
  backend: 'The active backend is not healthy',
  operations: 'Operations fail, or do not get their turn',
}

/** The checks as those are told who are not administrators. */
export function withoutReasons(checks: readonly ReadinessCheck[]): readonly ReadinessCheck[] {
  return checks.map((check) => (check.ok ? check : { ...check, reason: TOLD[check.name] }))
}

/** As long as the check of a backend's health. */
const OPERATION_TIMEOUT_MS = 5000

/** Looks at everything that a request needs, at the same time. */
export function checkReadiness(state: State, isStopping: boolean): Promise<readonly ReadinessCheck[]> {
  return Promise.all([checkServer(isStopping), checkBackend(state), checkOperations(state)])
}

function checkServer(isStopping: boolean): ReadinessCheck {
  return isStopping ? { name: 'server', ok: false, reason: TOLD.server } : { name: 'server', ok: true }
}

async function checkBackend({ backends }: State): Promise<ReadinessCheck> {
  const { active } = backends
  const { healthy, reason = 'it does not say why' } = await backends.health()
  if (healthy) return { name: 'backend', ok: true }
  return { name: 'backend', ok: false, reason: `Backend '${active}' is not healthy: ${reason}` }
}

/** A key that need not exist. */
const PROBE = 'switchyard:health'

/** A backend can be healthy while operations wait in vain, or while none is let through to it. */
async function checkOperations({ store }: State): Promise<ReadinessCheck> {
  try {
    await store.getMany([PROBE], { timeoutMs: OPERATION_TIMEOUT_MS })
    return { name: 'operations', ok: true }
  } catch (error) {
    return { name: 'operations', ok: false, reason: asStateError(error, { operation: 'getMany' }).message }
  }
}
