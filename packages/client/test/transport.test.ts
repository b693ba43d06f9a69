import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Call } from '../src/call.ts'
import { settingsOf } from '../src/options.ts'
import { createTransport, type Transport } from '../src/transport.ts'
import { rejection } from './rejects.ts'

/** Answers with a part every 20 ms, three in all, and then goes silent. */
const server = createServer((_request, response) => {
  let parts = 0
  const timer = setInterval(() => {
    response.write('part')
    if (++parts === 3) clearInterval(timer)
  }, 20)
  response.on('close', () => clearInterval(timer))
})
let transport: Transport

const call: Call = {
  operation: 'watch',
  method: 'GET',
  path: '/',
  writes: false,
  options: { timeoutMs: 200 },
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  transport = createTransport(
    settingsOf({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
  )
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it('a stream that goes silent fails in its time, and not while its reader is busy', async () => {
  const parts = await transport.stream(call, 300)
  for (let i = 0; i < 3; i++) {
    expect((await parts.next()).done).toBe(false)
    // Longer than a silence may be.
    await new Promise((resolve) => setTimeout(resolve, 400))
  }
  expect(await rejection(parts.next(), 'TIMEOUT')).toMatchObject({
    operation: 'watch',
    message: 'no answer within 300 ms',
  })
})

it('a stream is aborted by its signal, also while its reader is busy', async () => {
  const controller = new AbortController()
  const parts = await transport.stream({ ...call, options: { signal: controller.signal } }, 300)
  await parts.next()
  controller.abort()
  await rejection(parts.next(), 'ABORTED')
})
