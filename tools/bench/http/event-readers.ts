import type { Socket } from 'node:net'
import { openSocket } from './connections.ts'

/** Readers of server-sent events that do nothing but count them. */
export interface EventReaders {
  /** Resolves when each has had so many more. */
  received(count: number): Promise<void>
  close(): void
}

const NEWLINE = 10
/** An event is three fields and an empty line. */
const LINES = 4

export async function openEventReaders(port: number, count: number): Promise<EventReaders> {
  const request = `GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
  let waiting: { lines: number; left: number; done: () => void } = { lines: 0, left: 0, done: () => {} }

  async function open(): Promise<Socket> {
    const socket = await openSocket(port)
    let lines = 0
    let isStarted = false
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        // The head and the start of the stream come before any event.
        if (!isStarted) {
          isStarted = chunk.includes('\n\n')
          if (isStarted) resolve()
          return
        }
        for (const byte of chunk) if (byte === NEWLINE) lines++
        if (lines < waiting.lines) return
        lines -= waiting.lines
        if (--waiting.left === 0) waiting.done()
      })
      socket.write(request)
    })
    return socket
  }

  const sockets: Socket[] = []
  for (let i = 0; i < count; i += 100) sockets.push(...(await Promise.all(Array.from({ length: 100 }, open))))
  return {
    received: (events) =>
      new Promise((resolve) => {
        waiting = { lines: events * LINES, left: count, done: resolve }
      }),
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}
