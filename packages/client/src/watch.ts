import { isStateError, type StateChange, StateError } from '@switchyard/core'
import { type Call, query } from './call.ts'
import type { RemoteWatch, RemoteWatchOptions } from './client.ts'
import { readEvents, type ServerSentEvent } from './event-stream.ts'
import { backoff, type Transport } from './transport.ts'

/** The server shows every 15 seconds that it is alive, unless it is told otherwise. */
const IDLE_MS = 45_000

/** Failures of the connection, which may come back. */
const PASSING = ['UNAVAILABLE', 'OVERLOADED', 'TIMEOUT'] as const

interface Connection {
  readonly events: AsyncGenerator<ServerSentEvent, void>
  /** Of the last change before it. */
  readonly id: string | undefined
}

export function watchChanges(
  transport: Transport,
  prefix: string,
  { signal, timeoutMs = transport.timeoutMs }: RemoteWatchOptions,
): RemoteWatch {
  const ending = new AbortController()
  const onAbort = (): void => ending.abort(signal?.reason)
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })

  /** Connected once the server has told where in its changes the connection starts. */
  async function connect(lastEventId: string | undefined): Promise<Connection> {
    const call: Call = {
      operation: 'watch',
      method: 'GET',
      path: `/v1/events${query({ prefix })}`,
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      writes: false,
      options: { signal: ending.signal, timeoutMs },
    }
    const events = readEvents(await transport.stream(call, IDLE_MS))
    const { value: start } = await events.next()
    if (start === undefined) throw new StateError('UNAVAILABLE', 'The server ended the stream', call)
    if (start.event === 'reset') throw missed(prefix)
    return { events, id: start.id }
  }

  const first = connect(undefined)
  const opened = first.then(() => undefined)
  // Who reads the changes is told.
  opened.catch(() => undefined)
  const changes = read()

  async function* read(): AsyncGenerator<StateChange, undefined> {
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
          for await (const { event, data, id } of events) {
            failures = 0
            if (event === 'lagged') throw missed(prefix)
            last = id
            if (event === 'change') yield { ...JSON.parse(data), id }
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
  async function next(): Promise<IteratorResult<StateChange, undefined>> {
    try {
      return await changes.next()
    } catch (error) {
      if (ending.signal.aborted && signal?.aborted !== true) return { value: undefined, done: true }
      throw error
    }
  }

  const watch: RemoteWatch = {
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

function missed(prefix: string): StateError {
  const message = `The watch of '${prefix}' may have missed changes; read what you need and watch again`
  return new StateError('LAGGED', message, { operation: 'watch' })
}
