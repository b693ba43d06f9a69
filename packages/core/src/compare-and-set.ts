import { setTimeout as sleep } from 'node:timers/promises'
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
  return lock.run(key, async () => {
    for (let count = 2; count <= MAX_ATTEMPTS; count++) {
      checkTime(key, start, options)
      const result = await attempt()
      if (result !== LOST) return result
      await sleep(Math.random() * Math.min(2 ** count, MAX_DELAY_MS))
    }
    throw conflict(key)
  })
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
