import type { StateError, StateErrorCode } from '@switchyard/core'
import { expect } from 'vitest'
import { isStateError } from '../src/index.ts'

/** The error that a call rejects with; it has this code. */
export async function rejection(call: Promise<unknown>, code: StateErrorCode): Promise<StateError> {
  const error: unknown = await call.then(
    (value) => expect.fail(`It should have failed, and gave ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ name: 'StateError', code })
  expect(isStateError(error, code)).toBe(true)
  return error as StateError
}
