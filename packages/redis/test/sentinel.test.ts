import { createServer } from 'node:net'
import { createState } from '@switchyard/core'
import { command, type RedisServer, startRedis } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { redis } from '../src/index.ts'

let master: RedisServer
let replica: RedisServer

/** Answers like a Sentinel that takes this server for the master, whatever it is. */
async function startSentinel(server: RedisServer): Promise<{ readonly host: string; readonly port: number }> {
  const port = String(server.port)
  const answer = `*2\r\n$9\r\n127.0.0.1\r\n$${port.length}\r\n${port}\r\n`
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      for (const [, name] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        socket.write(name === 'SENTINEL' ? answer : '+OK\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void listener.close())
  return { host: '127.0.0.1', port: (listener.address() as { readonly port: number }).port }
}

describe('a Sentinel that does not know of a fail-over', () => {
  beforeAll(async () => {
    master = await startRedis()
    replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
  })
  afterAll(async () => {
    await replica.stop()
    await master.stop()
  })

  test('is not believed, and another is asked', async () => {
    const sentinelRootNodes = [await startSentinel(replica), await startSentinel(master)]
    const state = await createState({
      backends: { redis: redis({ sentinel: { name: 'state', sentinelRootNodes } }) },
    })
    await state.set('key', 1)
    expect(await command(master.port, ['DBSIZE'])).toBe('1')
    await state.close()
  })

  test('is not believed where there is no other', async () => {
    const sentinel = { name: 'state', sentinelRootNodes: [await startSentinel(replica)] }
    await expect(
      createState({ backends: { redis: redis({ sentinel, connectTimeoutMs: 500 }) } }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('replica') })
  })
})
