import type { Socket } from 'node:net'

/** Connections whose answers go on until somebody ends them, each with what it was allowed by. */
export interface OpenStreams<T> {
  add(socket: Socket, by: T): void
  /** Ends those that are not allowed any more. */
  check(): void
}

/** What expires is noticed within this time. */
const INTERVAL_MS = 5000

export function createOpenStreams<T>(isAllowed: (by: T) => boolean): OpenStreams<T> {
  const streams = new Map<Socket, T>()
  let interval: NodeJS.Timeout | undefined

  function forget(socket: Socket): void {
    streams.delete(socket)
    if (streams.size > 0) return
    clearInterval(interval)
    interval = undefined
  }

  function check(): void {
    for (const [socket, by] of streams) if (!isAllowed(by)) socket.destroy()
  }

  return {
    add(socket, by) {
      // A connection that is kept open may ask more than once.
      if (!streams.has(socket)) socket.once('close', () => forget(socket))
      streams.set(socket, by)
      interval ??= setInterval(check, INTERVAL_MS).unref()
    },
    check,
  }
}
