import type { WebSocket } from 'ws'
import type { EventFormat } from './event-log.ts'
import type { EventReader, ReaderEvents } from './event-streams.ts'
import { LAGGED } from './lagged.ts'

/** Bytes of messages that a connection has not taken yet, from which on its reader is waited for. */
const HIGH_WATER_BYTES = 65_536

/** A reader that was dropped has this long to take what was sent; one whose server stops, to say goodbye. */
const DROPPED_LINGER_MS = 5000
const STOPPED_LINGER_MS = 1000

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001
const UNSUPPORTED_DATA = 1003
const TRY_AGAIN_LATER = 1013

const format: EventFormat = (id, { name, data }) =>
  `{"id":"${id}","event":"${name}","data":${JSON.stringify(data)}}`

/** Events as messages: `{"id","event","data"}`. */
export function createWebSocketReader(socket: WebSocket, { drained, closed }: ReaderEvents): EventReader {
  let isAlive = true
  let isFull = false
  socket.once('close', closed)
  socket.on('error', closed)
  socket.on('pong', () => {
    isAlive = true
  })
  socket.on('message', () => socket.close(UNSUPPORTED_DATA, 'This stream takes no messages'))

  function onSent(): void {
    // Parts that were sent before are told one by one, while what came after them still waits.
    if (!isFull || socket.bufferedAmount >= HIGH_WATER_BYTES) return
    isFull = false
    drained()
  }

  function close(code: number, reason: string, lingerMs: number): void {
    socket.close(code, reason)
    const cut = setTimeout(() => socket.terminate(), lingerMs)
    socket.once('close', () => clearTimeout(cut))
  }

  return {
    format,
    start(id, reset) {
      socket.send(format(id, { name: 'open', data: null }))
      if (reset !== undefined) socket.send(format(id, { name: 'reset', data: { lastEventId: reset } }))
    },
    send({ texts }) {
      const last = texts.length - 1
      for (const [i, text] of texts.entries()) socket.send(text, i === last ? onSent : undefined)
      isFull = socket.bufferedAmount >= HIGH_WATER_BYTES
      return !isFull
    },
    beat(id) {
      if (!isAlive) {
        socket.terminate()
        return
      }
      isAlive = false
      socket.ping()
      if (!isFull) socket.send(format(id, { name: 'heartbeat', data: null }))
    },
    drop() {
      socket.send(JSON.stringify({ event: 'lagged', data: LAGGED }))
      close(TRY_AGAIN_LATER, LAGGED.code, DROPPED_LINGER_MS)
    },
    end: () => close(GOING_AWAY, 'The server is stopping', STOPPED_LINGER_MS),
  }
}
