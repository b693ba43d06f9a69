import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type ApiError, asApiError, isUnavailable } from '../api/api-error.ts'

/** What was asked for: the latest answer, and what went wrong since. */
export interface Loaded<T> {
  readonly value: T | undefined
  readonly error: ApiError | undefined
  /** Asks now. */
  refresh(): Promise<void>
}

/**
 * Asks when shown, and again and again while the page can be seen, until it is told that this server never answers that.
 *
 * @param everyMs 0: once
 */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, everyMs: number): Loaded<T> {
  const [answer, setAnswer] = useState<{ readonly value?: T; readonly error?: ApiError }>({})
  const latest = useRef(load)
  latest.current = load
  const running = useRef<AbortController>(undefined)
  const isRefused = useRef(false)

  const refresh = useCallback(async () => {
    running.current?.abort()
    const asking = new AbortController()
    running.current = asking
    try {
      const value = await latest.current(asking.signal)
      if (asking.signal.aborted) return
      isRefused.current = false
      setAnswer({ value })
    } catch (thrown) {
      if (asking.signal.aborted) return
      const error = asApiError(thrown)
      isRefused.current = error.status === 403 || isUnavailable(error)
      setAnswer((before) => ({ ...before, error }))
    }
  }, [])

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const turn = async (): Promise<void> => {
      if (document.visibilityState === 'visible' && !isRefused.current) await refresh()
      if (!isOver && everyMs > 0) timer = setTimeout(turn, everyMs)
    }
    void turn()
    return () => {
      isOver = true
      clearTimeout(timer)
      running.current?.abort()
    }
  }, [refresh, everyMs])

  return useMemo(() => ({ value: answer.value, error: answer.error, refresh }), [answer, refresh])
}
