import { StateError } from '@switchyard/core'

/** What ends a call: its time is over, or its caller has given it up. */
export interface Deadline {
  /** For fetch. */
  readonly signal: AbortSignal
  readonly leftMs: number
  /** Why it has ended, if it has. */
  readonly ended: 'TIMEOUT' | 'ABORTED' | undefined
  /** For people. */
  readonly reason: string
  /** There is so much time from now on. */
  restart(timeoutMs: number): void
  /** @throws StateError `TIMEOUT` or `ABORTED` if it has ended. */
  check(): void
  /** Until the time has passed or the deadline has ended, which is an error as of {@link check}. */
  sleep(ms: number): Promise<void>
  /** Frees its timer and listener. */
  stop(): void
  /** Also ends what is still on its way. */
  cancel(): void
}

/** The longest that one timer can wait. */
const MAX_TIMER_MS = 2_147_483_647

export function startDeadline(timeoutMs: number, given: AbortSignal | undefined): Deadline {
  if (!(timeoutMs > 0)) {
    throw new StateError('INVALID_OPTIONS', `timeoutMs must be above 0, not ${timeoutMs}`)
  }
  const controller = new AbortController()
  let limitMs = timeoutMs
  let end = performance.now() + timeoutMs
  let ended: Deadline['ended']
  let timer = setTimeout(onTime, Math.min(timeoutMs, MAX_TIMER_MS))
  if (given?.aborted === true) onAbort()
  else given?.addEventListener('abort', onAbort, { once: true })

  function onTime(): void {
    ended ??= 'TIMEOUT'
    controller.abort()
  }

  function onAbort(): void {
    ended ??= 'ABORTED'
    controller.abort()
  }

  function stop(): void {
    clearTimeout(timer)
    given?.removeEventListener('abort', onAbort)
  }

  const deadline: Deadline = {
    signal: controller.signal,
    get leftMs() {
      return end - performance.now()
    },
    get ended() {
      return ended
    },
    get reason() {
      return ended === 'ABORTED' ? `aborted: ${String(given?.reason)}` : `no answer within ${limitMs} ms`
    },
    restart(ms) {
      clearTimeout(timer)
      limitMs = ms
      end = performance.now() + ms
      timer = setTimeout(onTime, Math.min(ms, MAX_TIMER_MS))
    },
    check() {
      if (ended !== undefined)
        throw new StateError(ended, `Not sent: ${deadline.reason}`, { cause: given?.reason })
    },
    async sleep(ms) {
      deadline.check()
      await new Promise<void>((resolve) => {
        const { signal } = controller
        const wake = (): void => {
          clearTimeout(sleeping)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const sleeping = setTimeout(wake, ms)
        signal.addEventListener('abort', wake)
      })
      deadline.check()
    },
    stop,
    cancel() {
      stop()
      controller.abort()
    },
  }
  return deadline
}
