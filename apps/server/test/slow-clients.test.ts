import type { Socket } from 'node:net'
import { parseTtl } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkProblem } from './support/expect-problem.ts'
import { malformedRequest } from './support/malformed-requests.ts'
import { exchange, openRaw } from './support/raw-http.ts'
import { json, startServer, urlOf } from './support/start-server.ts'

const SLOW = 1000
const HOSTILE = 300
const REQUEST_TIMEOUT_MS = 2000

const server = await startServer({
  backends: { memory: memory() },
  requestTimeout: REQUEST_TIMEOUT_MS,
  heartbeatInterval: 500,
  eventHistory: 200,
})
await fetch(urlOf(server, 'large'), json('PUT', 'x'.repeat(1_000_000)))
await fetch(urlOf(server, 'small'), json('PUT', 'unharmed'))

const upgrade =
  'GET /v1/events/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n'

/** What is sent at once, and what a byte at a time; none of them reads, and whether the server ends it in the end. */
const KINDS = [
  { name: 'headers', head: 'GET / HTTP/1.1\r\nHost: x\r\n', drip: 'X: y\r\n', isCut: true },
  {
    name: 'body',
    head: 'PUT /v1/state/slow HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\n\r\n',
    drip: 'x',
    isCut: true,
  },
  {
    name: 'chunks',
    head: 'PUT /v1/state/slow HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n',
    drip: '1\r\nx\r\n',
    isCut: true,
  },
  {
    name: 'answers',
    head: 'GET /v1/state/large HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20),
    drip: '',
    isCut: false,
  },
  { name: 'events', head: 'GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n', drip: '', isCut: false },
  { name: 'messages', head: upgrade, drip: '', isCut: true },
] as const

async function openSlow(index: number): Promise<{ socket: Socket; kind: (typeof KINDS)[number] }> {
  const kind = KINDS[index % KINDS.length] as (typeof KINDS)[number]
  const socket = await openRaw(server.port, kind.head)
  socket.pause()
  return { socket, kind }
}

async function expectServed(): Promise<void> {
  const answer = await fetch(urlOf(server, 'small'))
  expect([answer.status, await answer.json()]).toEqual([200, 'unharmed'])
}

it(`${SLOW} slow sockets and ${HOSTILE} hostile requests: all others are served, and those that drip are cut`, async () => {
  const slow: Awaited<ReturnType<typeof openSlow>>[] = []
  for (let i = 0; i < SLOW; i += 50) {
    slow.push(...(await Promise.all(Array.from({ length: 50 }, (_, n) => openSlow(i + n)))))
  }
  const drip = setInterval(() => {
    for (const { socket, kind } of slow) if (kind.drip !== '' && socket.writable) socket.write(kind.drip)
  }, 100)
  const hostile = fc.sample(malformedRequest, HOSTILE)
  for (const bytes of hostile) {
    const [answer] = await Promise.all([exchange(server.port, bytes), expectServed()])
    const problem = checkProblem(answer)
    expect(problem['status']).toBeGreaterThanOrEqual(400)
    expect(problem['status']).toBeLessThan(500)
    await fetch(urlOf(server, 'changing'), json('PUT', 1))
  }
  for (const { socket, kind } of slow) {
    if (!kind.isCut || socket.closed) continue
    // What was sent before the end is there to be read, and only then the end is seen.
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
  }
  clearInterval(drip)
  await expectServed()
  for (const { socket } of slow) socket.destroy()
  const arrayBuffers = process.memoryUsage().arrayBuffers
  expect(arrayBuffers).toBeLessThan(512 * 1024 * 1024)
}, 300_000)

it.each(['5m', '6m', '24d'] as const)('a requestTimeout of %s is one to start with', async (timeout) => {
  const patient = await startServer({ backends: { memory: memory() }, requestTimeout: timeout })
  const { requestTimeout, headersTimeout } = patient.app.server
  expect([requestTimeout, headersTimeout]).toEqual([parseTtl(timeout), parseTtl(timeout)])
})

it('a body that drips is answered with 408 when its time is up', async () => {
  const socket = await openRaw(server.port, KINDS[1].head)
  const drip = setInterval(() => socket.writable && socket.write('x'), 50)
  const received = Buffer.concat((await socket.toArray()) as Buffer[]).toString()
  clearInterval(drip)
  expect(received).toMatch(/^HTTP\/1\.1 408 /)
  expect(received).toContain('"code":"REQUEST_TIMEOUT"')
})
