import { connect, type Socket } from 'node:net'
import type { Answer } from './expect-problem.ts'

/** Opens a connection and sends these bytes, whatever they are. */
export async function openRaw(port: number, bytes: string | Buffer = ''): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  // A reset while something is still being sent is part of these tests.
  socket.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve())
    socket.once('error', reject)
  })
  if (bytes.length > 0) socket.write(bytes)
  return socket
}

/** The first response on the connection, complete. */
export function readResponse(socket: Socket, isHead = false): Promise<Answer & { readonly head: string }> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const done = (): void => {
      socket.off('data', onData)
      socket.off('close', onClose)
    }
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk])
      const end = received.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = received.toString('latin1', 0, end)
      if (/^HTTP\/1\.1 1\d\d/.test(head)) {
        received = received.subarray(end + 4)
        onData(Buffer.alloc(0))
        return
      }
      const length = isHead ? 0 : Number(headerOf(head, 'content-length') ?? 0)
      if (received.length < end + 4 + length) return
      done()
      resolve({
        head,
        status: Number(head.split(' ')[1]),
        contentType: headerOf(head, 'content-type') ?? null,
        body: received.toString('utf8', end + 4, end + 4 + length),
      })
    }
    const onClose = (): void => {
      done()
      reject(
        new Error(
          `The connection closed after: ${JSON.stringify(received.toString('latin1').slice(0, 200))}`,
        ),
      )
    }
    socket.on('data', onData)
    socket.on('close', onClose)
  })
}

export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*?)\\r?$`, 'im').exec(head)?.[1]
}

/** Sends these bytes on a connection of their own and gives the answer. */
export async function exchange(
  port: number,
  bytes: string | Buffer,
  isHead = false,
): Promise<Answer & { readonly head: string }> {
  const socket = await openRaw(port)
  try {
    const response = readResponse(socket, isHead)
    socket.write(bytes)
    return await response
  } finally {
    socket.destroy()
  }
}
