import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startProxy, type TcpProxy } from '../src/index.ts'

let echo: Server
let proxy: TcpProxy

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  proxy = await startProxy(echo.address() as { port: number })
})

afterEach(async () => {
  await proxy.close()
  await new Promise((resolve) => echo.close(resolve))
})

async function opened(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1')
  socket.setEncoding('utf8')
  await once(socket, 'connect')
  return socket
}

const failure = async (socket: Socket): Promise<unknown> => {
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  return error.code
}

test('passes on what both sides say', async () => {
  const socket = await opened()
  socket.write('hello')
  expect((await once(socket, 'data'))[0]).toBe('hello')
  expect(proxy.connections).toBe(1)
  socket.destroy()
  await expect.poll(() => proxy.connections).toBe(0)
})

test('resets connections', async () => {
  const socket = await opened()
  socket.write('hello')
  await once(socket, 'data')
  const failed = failure(socket)
  proxy.reset()
  expect(await failed).toBe('ECONNRESET')
})

test('holds back everything without an end, and goes on with it', async () => {
  const socket = await opened()
  socket.write('one')
  await once(socket, 'data')
  proxy.stall()
  let heard = ''
  socket.on('data', (data) => {
    heard += data
  })
  socket.write('two')
  await sleep(100)
  expect(heard).toBe('')
  expect(socket.readyState).toBe('open')
  proxy.unstall()
  await expect.poll(() => heard).toBe('two')
  socket.destroy()
})

test('cuts a reply in the middle', async () => {
  const socket = await opened()
  proxy.cutReplyAfter(3)
  let heard = ''
  socket.on('data', (data) => {
    heard += data
  })
  // A reset may overtake what was sent before it.
  socket.on('error', () => undefined)
  socket.write('hello')
  await new Promise((resolve) => socket.once('close', resolve))
  expect(['', 'hel']).toContain(heard)
  const next = await opened()
  next.write('hello')
  expect((await once(next, 'data'))[0]).toBe('hello')
  next.destroy()
})

test('refuses connections', async () => {
  proxy.refuse(true)
  const socket = connect(proxy.port, '127.0.0.1')
  expect(await failure(socket)).toBe('ECONNRESET')
})
