import type { Server } from 'node:http'

export interface ConnectionCounts {
  readonly open: number
  /** Since the server was started. */
  readonly accepted: number
}

/** Counts the TCP connections of a server from now on. */
export function countConnections(server: Server): ConnectionCounts {
  let open = 0
  let accepted = 0
  server.on('connection', (socket) => {
    open++
    accepted++
    socket.once('close', () => open--)
  })
  return {
    get open() {
      return open
    },
    get accepted() {
      return accepted
    },
  }
}
