import { StateError } from '@switchyard/core'
import { RequestError } from '../problems/request-error.ts'
import type { Audience, EventFormat, EventLog } from './event-log.ts'

/** Events for one or more readers. */
export interface Part {
  readonly texts: readonly string[]
  /** The texts together, encoded once for all readers. */
  bytes(): Buffer
}

/** A connection on which events are sent. */
export interface EventReader {
  readonly format: EventFormat
  /** @param reset the id that could not be resumed from */
  start(id: string, reset: string | undefined): void
  /** False: the reader is slower than we are; it says when it has {@link ReaderEvents.drained}. */
  send(part: Part): boolean
  /** Shows that it is alive. The id comes along, so that a reader whose prefix is quiet can resume from here. */
  beat(id: string): void
  /** Tells that it was too slow, and ends. */
  drop(): void
  /** The server is stopping. */
  end(): void
}

export interface ReaderEvents {
  drained(): void
  closed(): void
}

export interface EventStreams {
  /**
   * @param client name of the token that it would be for; undefined: the server has no tokens
   * @throws StateError `OVERLOADED` if as many are open as may be, `CLOSED`
   * @throws RequestError `RATE_LIMITED` if the client has as many as it may have
   */
  refuseIfFull(client: string | undefined): void
  /** @throws as {@link refuseIfFull}, before `connect` is called */
  open(
    client: string | undefined,
    audience: Audience,
    lastEventId: string | undefined,
    connect: (events: ReaderEvents) => EventReader,
  ): void
  /** There is news in the log. */
  publish(): void
  /** Ends every stream; new ones are refused. */
  close(): void
}

export interface EventStreamsOptions {
  readonly log: EventLog
  readonly heartbeatMs: number
  readonly maxStreams: number
  /** So that one client cannot have all of them. */
  readonly maxStreamsOfClient: number
}

interface Stream {
  readonly client: string | undefined
  readonly reader: EventReader
  readonly audience: Audience
  /** Those with the same one are sent the same. */
  readonly audienceName: string
  /** What it has been sent, or what was sent to others and not meant for it. */
  position: number
  /** Its reader is slower than we are: it goes on when the connection has drained. */
  isWaiting: boolean
}

/** Characters of events in one write. A slow reader has little more than that in memory. */
const PART_LENGTH = 65_536

/** After which a client that has too many may try again. */
const RETRY_AFTER_SECONDS = '10'

type KnownPart = Part & { readonly next: number }

/** Parts by format, then position and audience: most readers are at the same place. */
type Parts = Map<EventFormat, Map<string, KnownPart>>

/**
 * Sends the log to any number of readers. Each has a position in it and nothing of its own, so a slow one costs
 * no memory; it is dropped, and told so, when the log has forgotten what it has not seen.
 */
export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { log, heartbeatMs, maxStreams, maxStreamsOfClient } = options
  const streams = new Set<Stream>()
  let isScheduled = false
  let isClosed = false
  let heartbeat: NodeJS.Timeout | undefined

  function partFor(
    { position, audience, audienceName, reader: { format } }: Stream,
    parts: Parts,
  ): KnownPart {
    const ofFormat = parts.get(format) ?? new Map<string, KnownPart>()
    parts.set(format, ofFormat)
    const name = `${position} ${audienceName}`
    const known = ofFormat.get(name)
    if (known !== undefined) return known
    const { texts, next } = log.read(position, audience, format, PART_LENGTH)
    let encoded: Buffer | undefined
    const made = { texts, next, bytes: () => (encoded ??= Buffer.from(texts.join(''))) }
    ofFormat.set(name, made)
    return made
  }

  function pump(stream: Stream, parts: Parts): void {
    while (stream.position < log.head && streams.has(stream)) {
      if (stream.position < log.tail) {
        forget(stream)
        stream.reader.drop()
        return
      }
      if (stream.isWaiting) return
      const part = partFor(stream, parts)
      stream.position = part.next
      if (part.texts.length > 0) stream.isWaiting = !stream.reader.send(part)
    }
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

  function beat(): void {
    for (const { reader, position } of streams) reader.beat(log.idOf(position))
  }

  function refuseIfFull(client: string | undefined): void {
    if (isClosed) throw new StateError('CLOSED', 'The server is stopping')
    if (streams.size >= maxStreams) {
      throw new StateError('OVERLOADED', `${maxStreams} event streams are open, which is the limit`)
    }
    if (client === undefined || streams.size < maxStreamsOfClient) return
    const own = [...streams].filter((stream) => stream.client === client).length
    if (own < maxStreamsOfClient) return
    const detail = `'${client}' has ${maxStreamsOfClient} event streams open, which is its limit`
    throw new RequestError('RATE_LIMITED', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } })
  }

  return {
    refuseIfFull,
    open(client, audience, lastEventId, connect) {
      refuseIfFull(client)
      const resumed = lastEventId === undefined ? log.head : log.positionOf(lastEventId)
      const reader = connect({
        drained() {
          stream.isWaiting = false
          pump(stream, new Map())
        },
        closed: () => forget(stream),
      })
      const stream: Stream = {
        client,
        reader,
        audience,
        audienceName: JSON.stringify(audience),
        position: resumed ?? log.head,
        isWaiting: false,
      }
      streams.add(stream)
      reader.start(log.idOf(stream.position), resumed === undefined ? lastEventId : undefined)
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
        stream.reader.end()
      }
    },
  }
}
