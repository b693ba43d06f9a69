import type { ServerResponse } from 'node:http'
import { StateError } from '@switchyard/core'
import type { ChangeLog } from './change-log.ts'

export interface EventStreams {
  /** Throws before anything is sent if there are too many. */
  open(response: ServerResponse, prefix: string, lastEventId: string | undefined): void
  /** There is news in the log. */
  publish(): void
  /** Ends every stream; new ones are refused. */
  close(): void
}

export interface EventStreamsOptions {
  readonly log: ChangeLog
  readonly heartbeatMs: number
  readonly maxStreams: number
}

interface Stream {
  readonly response: ServerResponse
  readonly prefix: string
  /** What it has been sent, or what was sent to others and not meant for it. */
  position: number
  /** Its reader is slower than we are: it goes on when the connection has drained. */
  isWaiting: boolean
}

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

/** Characters of events in one write. A slow reader has little more than that in memory. */
const PART_LENGTH = 65_536

/** A reader that was dropped has this long to take what was sent. */
const LINGER_MS = 5000

/**
 * Sends the log to any number of readers. Each has a position in it and nothing of its own, so a slow one costs
 * no memory; it is dropped, and told so, when the log has forgotten what it has not seen.
 */
export function createEventStreams({ log, heartbeatMs, maxStreams }: EventStreamsOptions): EventStreams {
  const streams = new Set<Stream>()
  let isScheduled = false
  let isClosed = false
  let heartbeat: NodeJS.Timeout | undefined

  /** Parts by position and prefix: most readers are at the same place. */
  type Parts = Map<string, { readonly payload: Buffer; readonly next: number }>

  function partFor(
    { position, prefix }: Stream,
    parts: Parts,
  ): { readonly payload: Buffer; readonly next: number } {
    const name = `${position} ${prefix}`
    const known = parts.get(name)
    if (known !== undefined) return known
    const { text, next } = log.read(position, prefix, PART_LENGTH)
    const made = { payload: Buffer.from(text), next }
    parts.set(name, made)
    return made
  }

  function send(stream: Stream, payload: string | Buffer): void {
    if (stream.response.write(payload)) return
    stream.isWaiting = true
    stream.response.once('drain', () => {
      stream.isWaiting = false
      pump(stream, new Map())
    })
  }

  function pump(stream: Stream, parts: Parts): void {
    while (stream.position < log.head && streams.has(stream)) {
      if (stream.position < log.tail) {
        drop(stream)
        return
      }
      if (stream.isWaiting) return
      const { payload, next } = partFor(stream, parts)
      stream.position = next
      if (payload.length > 0) send(stream, payload)
    }
  }

  function drop(stream: Stream): void {
    const detail =
      'The changes that were not read yet are no longer kept; read what you need and connect again'
    stream.response.end(`event: lagged\ndata: ${JSON.stringify({ code: 'LAGGED', detail })}\n\n`)
    forget(stream)
    const cut = setTimeout(() => stream.response.destroy(), LINGER_MS)
    stream.response.once('close', () => clearTimeout(cut))
  }

  function forget(stream: Stream): void {
    streams.delete(stream)
    if (streams.size > 0) return
    clearInterval(heartbeat)
    heartbeat = undefined
  }

  function pumpAll(): void {
    isScheduled = false
    const parts: Parts = new Map()
    for (const stream of [...streams]) pump(stream, parts)
  }

  /** The id comes along, so that a reader whose prefix is quiet can resume from here. */
  function beat(): void {
    for (const stream of streams) {
      if (!stream.isWaiting) send(stream, `: heartbeat\nid: ${log.idOf(stream.position)}\n\n`)
    }
  }

  return {
    open(response, prefix, lastEventId) {
      if (isClosed) throw new StateError('CLOSED', 'The server is stopping')
      if (streams.size >= maxStreams) {
        throw new StateError('OVERLOADED', `${maxStreams} event streams are open, which is the limit`)
      }
      const resumed = lastEventId === undefined ? log.head : log.positionOf(lastEventId)
      const stream: Stream = { response, prefix, position: resumed ?? log.head, isWaiting: false }
      streams.add(stream)
      response.once('close', () => forget(stream))
      response.on('error', () => forget(stream))
      // Without chunks the stream ends with its connection, and one buffer serves all readers.
      response.removeHeader('transfer-encoding')
      response.writeHead(200, HEADERS)
      const start = `retry: 1000\nid: ${log.idOf(stream.position)}\n`
      const reset = `event: reset\ndata: ${JSON.stringify({ lastEventId })}\n`
      send(stream, resumed === undefined ? `${start}${reset}\n` : `${start}\n`)
      pump(stream, new Map())
      heartbeat ??= setInterval(beat, heartbeatMs).unref()
    },
    publish() {
      if (isScheduled || streams.size === 0) return
      isScheduled = true
      setImmediate(pumpAll)
    },
    close() {
      isClosed = true
      for (const stream of [...streams]) {
        forget(stream)
        if (stream.isWaiting) stream.response.destroy()
        else stream.response.end()
      }
    },
  }
}
