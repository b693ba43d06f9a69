import { isStateError, type State, type StateError } from '@switchyard/core'

/** A key that need not exist. */
const PROBE = 'switchyard:health'

/** As long as the check of a backend's health. */
const TIMEOUT_MS = 5000

/**
 * Resolves with the reason when the state serves nothing any more, for as long as the process lives: it is not known whether
 * the commit of a switch was recorded.
 */
export function whenHalted(state: State): Promise<StateError> {
  const { promise, resolve } = Promise.withResolvers<StateError>()

  async function look(): Promise<void> {
    try {
      await state.store.getMany([PROBE], { timeoutMs: TIMEOUT_MS })
    } catch (error) {
      // A backend that is only out of reach is to be tried again.
      if (isStateError(error, 'UNAVAILABLE') && !error.retryable) resolve(error)
    }
  }

  state.on('switch', ({ phase }) => {
    if (phase === 'failed') void look()
  })
  return promise
}
