import { afterFile } from './after-file.ts'

export interface Message {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

export interface WebSocketReader {
  /** The next message; undefined once it is closed. */
  next(): Promise<Message | undefined>
  take(count: number): Promise<Message[]>
  readonly socket: WebSocket
  /** Resolves to the code of the close. */
  readonly closed: Promise<number>
}

/** Reads the messages of a WebSocket, `heartbeat`s left out. Rejects if it is refused. */
export async function readWebSocket(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<WebSocketReader> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers } as never)
  afterFile(() => socket.close())
  const messages: Message[] = []
  let wake = (): void => {}
  let isClosed = false
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data as string) as Message
    if (message.event !== 'heartbeat') messages.push(message)
    wake()
  })
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => {
      isClosed = true
      wake()
      resolve(code)
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('The WebSocket was refused')))
  })

  async function next(): Promise<Message | undefined> {
    while (messages.length === 0 && !isClosed) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return messages.shift()
  }

  return {
    socket,
    closed,
    next,
    async take(count) {
      const taken: Message[] = []
      while (taken.length < count) {
        const message = await next()
        if (message === undefined) throw new Error(`It closed after ${taken.length} of ${count} messages`)
        taken.push(message)
      }
      return taken
    },
  }
}
