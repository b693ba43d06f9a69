interface Message {
  readonly event: string
  readonly data: unknown
}

export interface OpenWebSocket extends Disposable {
  /** Undefined once it is closed, or if it was never opened. */
  next(): Promise<Message | undefined>
}

/** Reads messages of JSON. Unlike in a browser, the headers are anybody's. */
export function openWebSocket(url: string, headers: Readonly<Record<string, string>>): OpenWebSocket {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers } as unknown as string[])
  const messages: Message[] = []
  let isClosed = false
  let wake = (): void => {}
  socket.addEventListener('message', ({ data }) => {
    messages.push(JSON.parse(String(data)) as Message)
    wake()
  })
  socket.addEventListener('error', () => wake())
  socket.addEventListener('close', () => {
    isClosed = true
    wake()
  })
  return {
    async next() {
      while (messages.length === 0 && !isClosed) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return messages.shift()
    },
    [Symbol.dispose]: () => socket.close(),
  }
}
