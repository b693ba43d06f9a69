import { setTimeout as sleep } from 'node:timers/promises'
import { MAX_TIMER_MS } from './clock.ts'
import { conflict, StateError } from './errors.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { CallOptions } from './operations.ts'

const MAX_ATTEMPTS = 100
const MAX_DELAY_MS = 50

/** What an attempt answers when someone else wrote between its read and its write. */
export const LOST: unique symbol = Symbol('lost')

/**
 * Repeats an attempt that reads, decides and writes on the version read, while another writer comes in between.
 * The first attempt is optimistic. After that the callers of this process take turns for each key, so that
 * they do not defeat each other, and only those of other processes are waited out, with jitter.
 *
 * @throws StateError `CONFLICT` after 100 attempts; `TIMEOUT` or `ABORTED` between two.
 */
export async function compareAndSet<T>(
  key: string,
  lock: KeyedLock,
  options: CallOptions | undefined,
  attempt: () => Promise<T | typeof LOST>,
): Promise<T> {
  const start = performance.now()
  const first = await attempt()
  if (first !== LOST) return first
  const turn = lock.run(key, async () => {
    for (let count = 2; count <= MAX_ATTEMPTS; count++) {
      checkTime(key, start, options)
      const result = await attempt()
      if (result !== LOST) return result
      await sleep(Math.random() * Math.min(2 ** count, MAX_DELAY_MS))
    }
    throw conflict(key)
  })
  return orGivenUp(turn, start, key, options)
}

/** The turn may be long in coming; one that comes after its caller has given up does nothing. */
async function orGivenUp<T>(
  turn: Promise<T>,
  start: number,
  key: string,
  options: CallOptions | undefined,
): Promise<T> {
  const { signal, timeoutMs } = options ?? {}
  if (signal === undefined && timeoutMs === undefined) return turn
  const given = Promise.withResolvers<never>()
  const giveUp = (): void => {
    try {
      checkTime(key, start, options)
    } catch (error) {
      given.reject(error)
    }
  }
  const left = timeoutMs === undefined ? MAX_TIMER_MS : start + timeoutMs - performance.now()
  const timer = setTimeout(giveUp, Math.min(Math.max(left, 1) + 1, MAX_TIMER_MS))
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([turn, given.promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

function checkTime(key: string, start: number, { signal, timeoutMs }: CallOptions = {}): void {
  if (signal?.aborted === true) {
    throw new StateError('ABORTED', 'Aborted before the write was sent', { key, cause: signal.reason })
  }
  if (timeoutMs !== undefined && performance.now() - start >= timeoutMs) {
    throw new StateError('TIMEOUT', `'${key}' was not left alone for long enough within ${timeoutMs} ms`, {
      key,
    })
  }
}
