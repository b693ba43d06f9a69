import { aborted } from './checked-store.ts'
import { StateError } from './errors.ts'
import type { Events, StateChange } from './events.ts'

export interface WatchOptions {
  /** Ends the watch with `ABORTED`. */
  readonly signal?: AbortSignal
  /** Changes kept for a reader that is busy; one more and the watch fails with `LAGGED`. Default 1000. */
  readonly bufferSize?: number
}

/**
 * Changes made here, from the moment of the call on; and those of other processes, from shortly after it, where the
 * backend reports them (`capabilities.watch`). Leave the loop, call `return()` or use `await using` to end it.
 */
export interface Watch extends AsyncIterableIterator<StateChange>, AsyncDisposable {
  return(): Promise<IteratorReturnResult<undefined>>
}

/** Makes the watches of one state, and ends them all when it closes. */
export interface Watches {
  open(prefix: string, options: WatchOptions | undefined, rename: (key: string) => string): Watch
  /** Ends every watch with this error: changes may have been missed. */
  failAll(error: StateError): void
  closeAll(): void
}

export function createWatches(events: Events): Watches {
  const ends = new Set<(error?: StateError) => void>()
  let closed = false

  function open(prefix: string, options: WatchOptions = {}, rename: (key: string) => string): Watch {
    const { signal, bufferSize = 1000 } = options
    if (!Number.isSafeInteger(bufferSize) || bufferSize < 1) {
      throw new StateError('INVALID_OPTIONS', `bufferSize must be a whole number above 0, not ${bufferSize}`)
    }
    if (signal?.aborted === true) throw aborted(signal)
    if (closed) throw new StateError('CLOSED', 'The state is closed', { operation: 'watch' })
    let buffer: StateChange[] = []
    const readers: PromiseWithResolvers<IteratorResult<StateChange, undefined>>[] = []
    let ended = false
    let failure: StateError | undefined

    const stopListening = events.on('change', (change) => {
      if (!change.key.startsWith(prefix)) return
      const renamed = { ...change, key: rename(change.key) }
      const reader = readers.shift()
      if (reader !== undefined) reader.resolve({ value: renamed, done: false })
      else if (buffer.length < bufferSize) buffer.push(renamed)
      else end(lagged(prefix, bufferSize))
    })
    const onAbort = (): void => end(aborted(signal as AbortSignal))
    signal?.addEventListener('abort', onAbort, { once: true })
    ends.add(end)

    function end(error?: StateError): void {
      if (ended) return
      ended = true
      stopListening()
      signal?.removeEventListener('abort', onAbort)
      ends.delete(end)
      // After a failure what is buffered no longer tells the whole story.
      if (error !== undefined) buffer = []
      failure = error
      for (const reader of readers.splice(0)) {
        if (error === undefined) reader.resolve({ value: undefined, done: true })
        else reader.reject(error)
        failure = undefined
      }
    }

    const watch: Watch = {
      next() {
        const change = buffer.shift()
        if (change !== undefined) return Promise.resolve({ value: change, done: false })
        if (failure !== undefined) {
          const error = failure
          failure = undefined
          return Promise.reject(error)
        }
        if (ended) return Promise.resolve({ value: undefined, done: true })
        const reader = Promise.withResolvers<IteratorResult<StateChange, undefined>>()
        readers.push(reader)
        return reader.promise
      },
      return() {
        buffer = []
        end()
        return Promise.resolve({ value: undefined, done: true })
      },
      async [Symbol.asyncDispose]() {
        await this.return()
      },
      [Symbol.asyncIterator]: () => watch,
    }
    return watch
  }

  return {
    open,
    failAll(error) {
      for (const end of [...ends]) end(error)
    },
    closeAll() {
      closed = true
      for (const end of [...ends]) end()
    },
  }
}

function lagged(prefix: string, bufferSize: number): StateError {
  const message = `The watch of '${prefix}' fell more than ${bufferSize} changes behind; read what you need and watch again`
  return new StateError('LAGGED', message, { operation: 'watch' })
}
