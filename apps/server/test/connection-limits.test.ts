import type { Socket } from 'node:net'
import { memory } from '@switchyard/memory'
import { expect, it } from 'vitest'
import { openRaw, readResponse } from './support/raw-http.ts'
import { type RunningServer, startServer } from './support/start-server.ts'

const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'

async function statusOn(socket: Socket): Promise<number> {
  const response = readResponse(socket)
  socket.write(REQUEST)
  return (await response).status
}

/** Whether the server closes it without a word. */
async function isRefused({ port }: RunningServer): Promise<boolean> {
  const socket = await openRaw(port)
  return statusOn(socket).then(
    () => {
      socket.destroy()
      return false
    },
    () => true,
  )
}

it.each(['maxConnections', 'maxConnectionsPerAddress'] as const)(
  'limits.%s: one more is closed, until another one goes',
  async (name) => {
    const server = await startServer({ backends: { memory: memory() }, limits: { [name]: 3 } })
    const sockets = await Promise.all([openRaw(server.port), openRaw(server.port), openRaw(server.port)])
    for (const socket of sockets) expect(await statusOn(socket)).toBe(200)
    for (let i = 0; i < 5; i++) expect(await isRefused(server)).toBe(true)
    for (const socket of sockets) expect(await statusOn(socket)).toBe(200)
    sockets[0]?.destroy()
    while (await isRefused(server)) await new Promise(setImmediate)
    for (const socket of sockets) socket.destroy()
  },
)

it('limits.maxRequestsPerConnection: the last answer ends the connection, whatever was sent behind it', async () => {
  const server = await startServer({
    backends: { memory: memory() },
    limits: { maxRequestsPerConnection: 2 },
  })
  const socket = await openRaw(server.port, REQUEST.repeat(3))
  const answers = Buffer.concat((await socket.toArray()) as Buffer[]).toString()
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200'])
  expect(answers.match(/^connection: .*/gim)).toEqual(['Connection: keep-alive', 'Connection: close'])
})

it('server.keepAliveTimeout: a connection that is idle for so long is closed', async () => {
  const server = await startServer({ backends: { memory: memory() }, keepAliveTimeout: 100 })
  const socket = await openRaw(server.port)
  expect(await statusOn(socket)).toBe(200)
  await new Promise((resolve) => socket.once('close', resolve))
})
