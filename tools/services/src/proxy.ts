import { connect, createServer, type Socket } from 'node:net'

/** Stands between a client and a server, and does to their connections what networks do. */
export interface TcpProxy {
  readonly port: number
  /** Connections that are open. */
  readonly connections: number
  /** Ends every connection with a reset. */
  reset(): void
  /** Passes nothing on any more, in either direction, and ends nothing. */
  stall(): void
  /** Goes on with what was held back, and passes on as before. */
  unstall(): void
  /** Resets each connection once so many more bytes of the server's have been passed on to the client. */
  cutReplyAfter(bytes: number): void
  /** Resets new connections at once. */
  refuse(refused: boolean): void
  close(): Promise<void>
}

export async function startProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>()
  let stalled = false
  let refused = false
  let leftOfReply = Number.POSITIVE_INFINITY

  const listener = createServer((client) => {
    if (refused) {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const server = connect(target.port, '127.0.0.1')
    const pair = { client, server }
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', end)
      if (stalled) socket.pause()
    }
    client.on('data', (data) => server.write(data))
    server.on('data', (data: Buffer) => {
      if (data.length < leftOfReply) {
        leftOfReply -= data.length
        client.write(data)
        return
      }
      const part = data.subarray(0, leftOfReply)
      leftOfReply = Number.POSITIVE_INFINITY
      client.write(part, () => {
        client.resetAndDestroy()
        end()
      })
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

  return {
    port: (listener.address() as { readonly port: number }).port,
    get connections() {
      return pairs.size
    },
    reset() {
      for (const { client, server } of pairs) {
        client.resetAndDestroy()
        server.destroy()
      }
    },
    stall() {
      stalled = true
      for (const { client, server } of pairs) {
        client.pause()
        server.pause()
      }
    },
    unstall() {
      stalled = false
      for (const { client, server } of pairs) {
        client.resume()
        server.resume()
      }
    },
    cutReplyAfter(bytes) {
      leftOfReply = bytes
    },
    refuse(value) {
      refused = value
    },
    async close() {
      for (const { client, server } of pairs) {
        client.destroy()
        server.destroy()
      }
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
