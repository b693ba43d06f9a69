import { connect, type Socket } from 'node:net'

/** Sends a request on a free connection, and resolves when the answer is complete. */
export type Send = () => Promise<void>

export interface Connections {
  readonly send: Send
  close(): void
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve())
    socket.once('error', reject)
  })
  return socket
}

/** Keep-alive connections that send always the same request, without the costs of an HTTP client. */
export async function openConnections(port: number, count: number, request: string): Promise<Connections> {
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(port)))
  const free = sockets.map((socket) => exchanges(socket, request))
  return {
    async send() {
      const exchange = free.pop()
      if (exchange === undefined) throw new Error('More requests at a time than connections')
      await exchange()
      free.push(exchange)
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function exchanges(socket: Socket, request: string): Send {
  let received: Buffer = Buffer.alloc(0)
  let pending: PromiseWithResolvers<void> | undefined
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const end = received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = received.toString('latin1', 0, end)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (received.length < end + 4 + length) return
    received = Buffer.alloc(0)
    if (head.startsWith('HTTP/1.1 200')) pending?.resolve()
    else pending?.reject(new Error(head))
  })
  socket.on('error', (error) => pending?.reject(error))
  return () => {
    pending = Promise.withResolvers()
    socket.write(request)
    return pending.promise
  }
}
