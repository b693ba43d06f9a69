import assert from 'node:assert/strict'
import { isStateError, type StateError, type StateErrorCode } from '@switchyard/core'

/** Rejects, and with a StateError of this code. Returns it. */
export async function assertRejects(
  work: unknown,
  code: StateErrorCode,
  what = 'the call',
): Promise<StateError> {
  let result: unknown
  try {
    result = await work
  } catch (error) {
    assert.ok(isStateError(error), `${what} rejected with what is not a StateError: ${String(error)}`)
    assert.equal(error.code, code, `the code of ${what}, which says: ${error.message}`)
    return error
  }
  assert.fail(`${what} resolved to ${String(result)} and should have rejected with ${code}`)
}

/** Rejects with `CONFLICT` and names the key. */
export async function assertConflict(work: unknown, key: string, what = 'the call'): Promise<void> {
  const error = await assertRejects(work, 'CONFLICT', what)
  assert.equal(error.key, key, `the key of the CONFLICT of ${what}`)
}

/** How many fulfilled, if all others rejected with this code. */
export async function countFulfilled(calls: readonly unknown[], code: StateErrorCode): Promise<number> {
  let fulfilled = 0
  for (const outcome of await Promise.allSettled(calls)) {
    if (outcome.status === 'fulfilled') fulfilled++
    else await assertRejects(Promise.reject(outcome.reason), code)
  }
  return fulfilled
}
