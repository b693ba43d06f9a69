import { setTimeout as sleep } from 'node:timers/promises'
import { MAX_TIMER_MS } from './clock.ts'
import { conflict, StateError } from './errors.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { CallOptions } from './operations.ts'

const MAX_ATTEMPTS = 100
const MAX_DELAY_MS = 50

/** What an attempt answers when someone else wrote between its read and its write. */
export const LOST: unique symbol = Symbol('lost')

/** The time that a caller gives to all attempts together. */
export interface Budget {
  /**
   * The options of the next operation: what is left of the time.
   *
   * @throws StateError `TIMEOUT` or `ABORTED` if nothing is.
   */
  left(): CallOptions | undefined
  /** Runs the write. From here on only its own answer tells what became of it. */
  send<T>(write: () => Promise<T>): Promise<T>
}

/**
 * Repeats an attempt that reads, decides and writes on the version read, while another writer comes in between.
 * The first attempt is optimistic. After that the callers of this process take turns for each key, so that
 * they do not defeat each other, and only those of other processes are waited out, with jitter.
 *
 * @throws StateError `CONFLICT` after 100 attempts; `TIMEOUT` or `ABORTED` if nothing was written in time, and
 * then nothing will be; `OUTCOME_UNKNOWN` if the write was sent.
 */
export function compareAndSet<T>(
  key: string,
  lock: KeyedLock,
  options: CallOptions | undefined,
  attempt: (budget: Budget) => Promise<T | typeof LOST>,
): Promise<T> {
  const run = async (budget: Budget): Promise<T> => {
    const first = await attempt(budget)
    if (first !== LOST) return first
    return lock.run(key, async () => {
      for (let count = 2; count <= MAX_ATTEMPTS; count++) {
        budget.left()
        const result = await attempt(budget)
        if (result !== LOST) return result
        await sleep(Math.random() * Math.min(2 ** count, MAX_DELAY_MS))
      }
      throw conflict(key)
    })
  }
  if (options?.signal === undefined && options?.timeoutMs === undefined) return run(unlimited)
  return withBudget(key, options, run)
}

const unlimited: Budget = { left: () => undefined, send: (write) => write() }

/** Ends with the run, or when the time is over, unless a write is on its way. */
async function withBudget<T>(
  key: string,
  { signal, timeoutMs }: CallOptions,
  run: (budget: Budget) => Promise<T>,
): Promise<T> {
  const end = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs
  const given = Promise.withResolvers<never>()
  let sending = false

  const budget: Budget = {
    left() {
      if (signal?.aborted === true) {
        throw new StateError('ABORTED', 'Aborted before the write was sent', { key, cause: signal.reason })
      }
      const leftMs = end - performance.now()
      if (leftMs <= 0)
        throw new StateError('TIMEOUT', `'${key}' was not changed within ${timeoutMs} ms`, { key })
      return {
        ...(signal === undefined ? {} : { signal }),
        ...(timeoutMs === undefined ? {} : { timeoutMs: leftMs }),
      }
    },
    async send(write) {
      sending = true
      try {
        return await write()
      } finally {
        sending = false
      }
    },
  }
  const giveUp = (): void => {
    if (sending) return
    try {
      budget.left()
    } catch (error) {
      given.reject(error)
    }
  }
  // A little late, so that the time is over by any clock.
  const timer = setTimeout(giveUp, Math.min((timeoutMs ?? MAX_TIMER_MS) + 2, MAX_TIMER_MS))
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([run(budget), given.promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}
