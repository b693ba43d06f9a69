import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { LimitSettings } from './settings.ts'

/** Closes connections as soon as they are opened where there are too many, and after so many requests. */
export function limitConnections(server: Server, settings: LimitSettings): void {
  const { maxConnections, maxConnectionsPerAddress, maxRequestsPerConnection } = settings
  server.maxConnections = maxConnections
  if (maxConnectionsPerAddress !== undefined) limitPerAddress(server, maxConnectionsPerAddress)
  if (maxRequestsPerConnection !== undefined) limitRequests(server, maxRequestsPerConnection)
}

function limitPerAddress(server: Server, limit: number): void {
  const counts = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress
    // Nobody is there any more.
    if (address === undefined) return
    const count = (counts.get(address) ?? 0) + 1
    if (count > limit) {
      socket.destroy()
      return
    }
    counts.set(address, count)
    socket.once('close', () => {
      const left = (counts.get(address) ?? 0) - 1
      if (left > 0) counts.set(address, left)
      else counts.delete(address)
    })
  })
}

function limitRequests(server: Server, limit: number): void {
  // Node announces the end and carries nothing more out, but leaves the connection for the client to close.
  server.maxRequestsPerSocket = limit
  const counts = new WeakMap<Socket, number>()
  server.prependListener('request', ({ socket }, response) => {
    const count = (counts.get(socket) ?? 0) + 1
    counts.set(socket, count)
    if (count === limit) response.shouldKeepAlive = false
  })
}
