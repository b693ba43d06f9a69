/** One of the server's events. */
export interface ServerSentEvent {
  /** Empty for one that only carries an id. */
  readonly data: string
  readonly event: string
  /** What to send as Last-Event-ID after it. */
  readonly id: string | undefined
}

/** Reads `text/event-stream`. */
export async function* readEvents(parts: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent, void> {
  const utf8 = new TextDecoder()
  let text = ''
  let id: string | undefined
  let event = ''
  let data: string[] = []

  for await (const part of parts) {
    text += utf8.decode(part, { stream: true })
    const lines = text.split(/\r?\n/)
    text = lines.pop() as string
    for (const line of lines) {
      if (line === '') {
        yield { event, data: data.join('\n'), id }
        event = ''
        data = []
        continue
      }
      const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
      if (name === 'id') id = value
      else if (name === 'event') event = value
      else if (name === 'data') data.push(value)
    }
  }
}
