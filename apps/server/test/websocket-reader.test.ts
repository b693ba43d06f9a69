import { EventEmitter } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { createEventLog } from '../src/events/event-log.ts'
import { createEventStreams } from '../src/events/event-streams.ts'
import { createWebSocketReader } from '../src/events/websocket-reader.ts'

/** A connection that takes a message when the test says so. */
class SlowSocket extends EventEmitter {
  bufferedAmount = 0
  most = 0
  readonly taken: string[] = []
  readonly #waiting: { readonly text: string; readonly sent: (() => void) | undefined }[] = []

  send(text: string, sent?: () => void): void {
    this.#waiting.push({ text, sent })
    this.bufferedAmount += text.length
    this.most = Math.max(this.most, this.bufferedAmount)
  }

  /** False: nothing waits. */
  take(): boolean {
    const message = this.#waiting.shift()
    if (message === undefined) return false
    this.bufferedAmount -= message.text.length
    this.taken.push(message.text)
    message.sent?.()
    return true
  }
}

it('a slow reader holds one part more than the high-water mark at the most, and gets everything', async () => {
  const log = createEventLog('run', 10_000)
  const streams = createEventStreams({ log, heartbeatMs: 60_000, maxStreams: 1, maxStreamsOfClient: 1 })
  const socket = new SlowSocket()
  streams.open(undefined, { prefixes: [''], isAdmin: true }, undefined, (events) =>
    createWebSocketReader(socket as unknown as WebSocket, events),
  )
  const append = (length: number): void => {
    log.append({ name: 'change', key: 'key', data: { text: 'x'.repeat(length) } })
    streams.publish()
  }
  // Small parts, whose ends are told one after the other.
  for (let i = 0; i < 500; i++) {
    append(10)
    await nextTurn()
  }
  for (let i = 0; i < 3000; i++) append(1000)
  await nextTurn()
  while (socket.take()) await nextTurn()
  expect(socket.taken).toHaveLength(1 + 3500)
  expect(socket.most).toBeLessThan(65_536 + 65_536 + 2000)
})
