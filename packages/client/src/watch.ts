import { type CallOptions, isStateError, type StateChange, StateError } from '@switchyard/core'
import { type Call, query } from './call.ts'
import { readEvents, type ServerSentEvent } from './event-stream.ts'
import { backoff, type Transport } from './transport.ts'

export interface RemoteWatchOptions {
  /** Ends the watch with `ABORTED`. */
  readonly signal?: AbortSignal
  /** How long the server may be out of reach before the watch fails with `UNAVAILABLE`. Default: that of the client. */
  readonly timeoutMs?: number
}

/**
 * Changes or events, from when `opened` resolves on. Connections that are lost are made again, and nothing is missed in
 * between; where something may have been, the watch fails with `LAGGED`. Leave the loop or call `return()` to end it.
 */
export interface RemoteWatch<T = StateChange> extends AsyncIterableIterator<T> {
  /** Resolves when the server tells of all of them from now on. What is read after that is not older than the watch. */
  readonly opened: Promise<void>
  next(): Promise<IteratorResult<T, undefined>>
  return(): Promise<IteratorReturnResult<undefined>>
}

/** What one is about. */
export interface Watched<T> {
  readonly operation: string
  readonly prefix: string
  /** Before each connection. What it throws is as if the connection had failed so. */
  admit?(options: CallOptions): Promise<unknown>
  /**
   * Undefined if there is nothing to tell.
   *
   * @throws StateError that ends the watch
   */
  tell(event: ServerSentEvent): T | undefined
}

/** A server shows every minute at least that it is alive: two such times, and a little. */
const IDLE_MS = 130_000

/** Failures of the connection, which may come back. */
const PASSING = ['UNAVAILABLE', 'OVERLOADED', 'TIMEOUT'] as const

interface Connection {
  readonly events: AsyncGenerator<ServerSentEvent, void>
  /** Of the last change before it. */
  readonly id: string | undefined
}

export function openWatch<T>(
  transport: Transport,
  { operation, prefix, admit, tell }: Watched<T>,
  { signal, timeoutMs = transport.timeoutMs }: RemoteWatchOptions,
): RemoteWatch<T> {
  const ending = new AbortController()
  const onAbort = (): void => ending.abort(signal?.reason)
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })

  /** Connected once the server has told where in its changes the connection starts. */
  async function connect(lastEventId: string | undefined): Promise<Connection> {
    const options = { signal: ending.signal, timeoutMs }
    await admit?.(options)
    const call: Call = {
      operation,
      method: 'GET',
      path: `/v1/events${query({ prefix })}`,
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      writes: false,
      options,
    }
    const events = readEvents(await transport.stream(call, IDLE_MS))
    const { value: start } = await events.next()
    if (start === undefined) throw new StateError('UNAVAILABLE', 'The server ended the stream', call)
    if (start.event === 'reset') throw missed(operation)
    return { events, id: start.id }
  }

  function toldBy(event: ServerSentEvent): T | undefined {
    try {
      return tell(event)
    } catch (cause) {
      if (isStateError(cause)) throw cause
      const message = 'An event is not JSON: something else than a Switchyard server answers at this URL'
      throw new StateError('BACKEND_ERROR', message, { operation, cause })
    }
  }

  const first = connect(undefined)
  const opened = first.then(() => undefined)
  // Who reads the changes is told.
  opened.catch(() => undefined)
  const changes = read()

  async function* read(): AsyncGenerator<T, undefined> {
    let connection = first
    let last: string | undefined
    let failures = 0
    let downSince: number | undefined
    try {
      for (;;) {
        try {
          const { events, id: start } = await connection
          last = start
          downSince = undefined
          for await (const event of events) {
            failures = 0
            if (event.event === 'lagged') throw missed(operation)
            last = event.id
            const told = toldBy(event)
            if (told !== undefined) yield told
          }
        } catch (error) {
          if (ending.signal.aborted || !PASSING.some((code) => isStateError(error, code))) throw error
          downSince ??= performance.now()
          if (last === undefined || performance.now() - downSince >= timeoutMs) throw error
        }
        await pause(backoff(failures++), ending.signal)
        connection = connect(last)
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** The end of the watch, if that is why it failed. */
  async function next(): Promise<IteratorResult<T, undefined>> {
    try {
      return await changes.next()
    } catch (error) {
      if (ending.signal.aborted && signal?.aborted !== true) return { value: undefined, done: true }
      throw error
    }
  }

  const watch: RemoteWatch<T> = {
    opened,
    next,
    async return() {
      signal?.removeEventListener('abort', onAbort)
      ending.abort()
      // What was to be read fails, as it was given up.
      await changes.return(undefined).catch(() => undefined)
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]: () => watch,
  }
  return watch
}

/** Ends early when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake)
  })
}

export function missed(operation: string): StateError {
  const message = 'Something may have been missed; read what you need and watch again'
  return new StateError('LAGGED', message, { operation })
}
