import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyStore } from '../capabilities.ts'
import { isStateError } from '../errors.ts'
import { isPromise } from '../is-promise.ts'
import type { Awaitable } from '../store.ts'

export interface TrackOptions {
  /** Told every key that may have been written. */
  readonly onWritten: (key: string) => void
  /** Also told the keys of writes that may be applied later than that. */
  readonly onUnknown?: (key: string) => void
  /** How long each write waits before it is sent. */
  readonly delayMs?: () => number
}

/**
 * The store, with every key that may have been written told once its write has settled, before its caller knows: a
 * mark that came before the write could be taken by a copy that does not see the write yet.
 */
export function trackedStore(store: AnyStore, options: TrackOptions): AnyStore {
  const { onWritten, onUnknown = () => {}, delayMs = () => 0 } = options

  /** Also of a write that failed: it may have been applied. */
  function settled<T>(write: () => Awaitable<T>, keys: readonly string[]): Awaitable<T> {
    const delay = delayMs()
    if (delay > 0) return sleep(delay).then(() => sent(write, keys))
    return sent(write, keys)
  }

  function sent<T>(write: () => Awaitable<T>, keys: readonly string[]): Awaitable<T> {
    const mark = (): void => {
      for (const key of keys) onWritten(key)
    }
    let answer: Awaitable<T>
    try {
      answer = write()
    } catch (error) {
      mark()
      throw error
    }
    if (!isPromise(answer)) {
      mark()
      return answer
    }
    return Promise.resolve(answer).then(
      (value) => {
        mark()
        return value
      },
      (error: unknown) => {
        mark()
        if (isStateError(error, 'OUTCOME_UNKNOWN')) for (const key of keys) onUnknown(key)
        throw error
      },
    )
  }

  return {
    ...store,
    set: (key, entry, options) => settled(() => store.set(key, entry, options), [key]),
    delete: (key, options) => settled(() => store.delete(key, options), [key]),
    write: async (batch, options) =>
      settled(
        () => store.write(batch, options),
        batch.operations.map(({ key }) => key),
      ),
  }
}
