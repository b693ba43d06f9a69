import { StateError, type StoreChange } from '@switchyard/core'

/** Changes kept for a reader that is busy. */
const MAX_WAITING = 10_000

/** Tells everyone who watches of each change. */
export interface Changes {
  tell(change: StoreChange): void
  watch(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<StoreChange, void, undefined>
  close(): void
}

interface Reader {
  readonly prefix: string
  waiting: StoreChange[]
  lagged: boolean
  wake: () => void
}

export function createChanges(): Changes {
  const readers = new Set<Reader>()
  const closing = new AbortController()

  return {
    tell(change) {
      for (const reader of readers) {
        if (!change.key.startsWith(reader.prefix)) continue
        if (reader.waiting.length === MAX_WAITING) reader.lagged = true
        else reader.waiting.push(change)
        reader.wake()
      }
    },
    async *watch(prefix, signal) {
      const reader: Reader = { prefix, waiting: [], lagged: false, wake: () => {} }
      const stop = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      stop.addEventListener('abort', () => reader.wake(), { once: true })
      readers.add(reader)
      try {
        while (!stop.aborted) {
          const changes = reader.waiting
          reader.waiting = []
          yield* changes
          if (reader.lagged) {
            const message = `More than ${MAX_WAITING} changes waited for a reader; list what it needs and watch again`
            throw new StateError('LAGGED', message)
          }
          const { promise, resolve } = Promise.withResolvers<void>()
          reader.wake = resolve
          if (reader.waiting.length === 0 && !stop.aborted) await promise
        }
        if (signal?.aborted === true) {
          throw new StateError('ABORTED', 'The watch was aborted', { cause: signal.reason })
        }
      } finally {
        readers.delete(reader)
      }
    },
    close: () => closing.abort(),
  }
}
