import { StateError } from '@switchyard/core'
import type { Call } from '../call.ts'
import type { Transport } from '../transport.ts'

export interface ClosableTransport extends Pick<Transport, 'answer' | 'json' | 'stream'> {
  /** Resolves when what was asked for has been answered; streams end. Idempotent. Later calls reject with `CLOSED`. */
  close(): Promise<void>
}

export function closable(transport: Transport): ClosableTransport {
  const running = new Set<Promise<unknown>>()
  const streams = new AbortController()
  let closing: Promise<void> | undefined

  async function tracked<T>(send: () => Promise<T>): Promise<T> {
    if (closing !== undefined) throw new StateError('CLOSED', 'The store is closed')
    const answer = send()
    running.add(answer)
    try {
      return await answer
    } finally {
      running.delete(answer)
    }
  }

  async function close(): Promise<void> {
    await Promise.allSettled(running)
    streams.abort(new Error('the store was closed'))
  }

  return {
    answer: (call) => tracked(() => transport.answer(call)),
    json: <T>(call: Call) => tracked(() => transport.json<T>(call)),
    stream(call, idleMs) {
      const { signal = streams.signal } = call.options ?? {}
      const options = { ...call.options, signal: AbortSignal.any([signal, streams.signal]) }
      return tracked(() => transport.stream({ ...call, options }, idleMs))
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}
