import type { Socket } from 'node:net'
import { openSocket } from './connections.ts'

/** Opens slow sockets and sends hostile requests until it is ended. */
const [, , port = '', count = ''] = process.argv

const DRIP_INTERVAL_MS = 1000
const HOSTILE_INTERVAL_MS = 10

const SLOW = [
  { head: 'GET / HTTP/1.1\r\nHost: x\r\n', drip: 'X: y\r\n' },
  { head: 'PUT /v1/state/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n', drip: 'x' },
  { head: 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(4), drip: '' },
  { head: 'GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n', drip: '' },
] as const

const HOSTILE = [
  'GET /v1/state/%zz HTTP/1.1\r\nHost: x\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  'PUT /v1/state/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'POST /v1/batch/get HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3000\r\n\r\n'.concat(
    '['.repeat(3000),
  ),
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
] as const

const sockets: { readonly socket: Socket; readonly drip: string }[] = []
for (let i = 0; i < Number(count); i++) {
  const { head, drip } = SLOW[i % SLOW.length] as (typeof SLOW)[number]
  const socket = await openSocket(Number(port))
  socket.on('error', () => {})
  socket.pause()
  socket.write(head)
  sockets.push({ socket, drip })
}
setInterval(() => {
  for (const { socket, drip } of sockets) if (drip !== '' && socket.writable) socket.write(drip)
}, DRIP_INTERVAL_MS)

let next = 0
setInterval(async () => {
  const socket = await openSocket(Number(port))
  socket.on('error', () => {})
  socket.resume()
  socket.end(HOSTILE[next++ % HOSTILE.length] as string, 'latin1')
}, HOSTILE_INTERVAL_MS)
process.once('SIGTERM', () => process.exit())
process.once('disconnect', () => process.exit())
process.send?.(0)
