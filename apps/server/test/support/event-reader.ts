import { get, type IncomingMessage } from 'node:http'

export interface ServerSentEvent {
  readonly event: string
  readonly data: unknown
  readonly id: string | undefined
}

export interface EventReader extends AsyncDisposable {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** The next event; undefined at the end of the stream. */
  next(): Promise<ServerSentEvent | undefined>
  take(count: number): Promise<ServerSentEvent[]>
  /** What an EventSource would send as Last-Event-ID. */
  lastEventId(): string | undefined
  /** Nothing is read from the connection any more, or again. */
  pause(): void
  resume(): void
  close(): void
  readonly body: () => Promise<string>
}

/** Reads server-sent events as an EventSource does. */
export async function readEvents(
  url: string,
  lastEventId?: string,
  own: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const headers = { ...own, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers, agent: false }, resolve).once('error', reject)
  })
  response.on('error', () => {})
  const events: ServerSentEvent[] = []
  let last: string | undefined
  let text = ''
  let isEnded = false
  let wake = (): void => {}

  function dispatch(block: string): void {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
      if (name !== '') fields.set(name, value)
    }
    last = fields.get('id') ?? last
    const data = fields.get('data')
    if (data !== undefined) {
      events.push({ event: fields.get('event') ?? 'message', data: JSON.parse(data), id: fields.get('id') })
    }
  }

  const isStream = response.headers['content-type'] === 'text/event-stream'
  if (isStream) {
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() as string
      for (const block of blocks) dispatch(block)
      wake()
    })
    response.once('close', () => {
      isEnded = true
      wake()
    })
  }

  async function next(): Promise<ServerSentEvent | undefined> {
    while (events.length === 0 && !isEnded) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return events.shift()
  }

  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    next,
    async take(count) {
      const taken: ServerSentEvent[] = []
      while (taken.length < count) {
        const event = await next()
        if (event === undefined) throw new Error(`The stream ended after ${taken.length} of ${count} events`)
        taken.push(event)
      }
      return taken
    },
    lastEventId: () => last,
    pause: () => void response.socket.pause(),
    resume: () => void response.socket.resume(),
    close: () => void response.destroy(),
    async body() {
      return Buffer.concat(await response.toArray()).toString()
    },
    async [Symbol.asyncDispose]() {
      response.destroy()
    },
  }
}
