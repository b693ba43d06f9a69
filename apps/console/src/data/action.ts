import { useState } from 'preact/hooks'
import { type ApiError, asApiError } from '../api/api-error.ts'

/** Something that a press of a button does. */
export interface Action {
  readonly isBusy: boolean
  readonly error: ApiError | undefined
  /** Resolves to whether it was done. Does nothing while it is under way. */
  run(work: () => Promise<unknown>): Promise<boolean>
  forgetError(): void
}

export function useAction(): Action {
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  return {
    isBusy,
    error,
    async run(work) {
      if (isBusy) return false
      setBusy(true)
      setError(undefined)
      try {
        await work()
        return true
      } catch (thrown) {
        setError(asApiError(thrown))
        return false
      } finally {
        setBusy(false)
      }
    },
    forgetError: () => setError(undefined),
  }
}
