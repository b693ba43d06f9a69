import type { ServerResponse } from 'node:http'
import { SECURITY_HEADERS } from '../access/security-headers.ts'
import type { EventFormat } from './event-log.ts'
import type { EventReader, ReaderEvents } from './event-streams.ts'
import { LAGGED } from './lagged.ts'

const HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

/** A reader that was dropped has this long to take what was sent. */
const LINGER_MS = 5000

const format: EventFormat = (id, { name, data }) =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** Server-sent events on a response of which nothing has been sent. */
export function createSseReader(response: ServerResponse, { drained, closed }: ReaderEvents): EventReader {
  response.once('close', closed)
  response.on('error', closed)
  response.on('drain', drained)
  // Without chunks the stream ends with its connection, and one buffer serves all readers.
  response.removeHeader('transfer-encoding')
  response.writeHead(200, HEADERS)
  return {
    format,
    start(id, reset) {
      const data =
        reset === undefined ? '' : `event: reset\ndata: ${JSON.stringify({ lastEventId: reset })}\n`
      response.write(`retry: 1000\nid: ${id}\n${data}\n`)
    },
    send: (part) => response.write(part.bytes()),
    beat(id) {
      // What is not read yet shows that we are alive, once it is.
      if (!response.writableNeedDrain) response.write(`: heartbeat\nid: ${id}\n\n`)
    },
    drop() {
      response.end(`event: lagged\ndata: ${JSON.stringify(LAGGED)}\n\n`)
      const cut = setTimeout(() => response.destroy(), LINGER_MS)
      response.once('close', () => clearTimeout(cut))
    },
    end() {
      if (response.writableNeedDrain) response.destroy()
      else response.end()
    },
  }
}
