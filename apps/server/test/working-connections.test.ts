import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyStore, Backend } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { expect, it } from 'vitest'
import { json, startServer } from './support/start-server.ts'

const TIMEOUT_MS = 200

/** Its cleanups and its writes take several times as long as a connection may be idle. */
function slowBackend(): Backend {
  const backend = memory()
  return {
    plugin: backend.plugin,
    async open(context) {
      const store: AnyStore = await backend.open(context)
      return {
        ...store,
        async cleanup(options) {
          await sleep(5 * TIMEOUT_MS)
          return store.cleanup(options)
        },
        async set(...given) {
          await sleep(5 * TIMEOUT_MS)
          return store.set(...given)
        },
      }
    },
  }
}

it('a connection is not cut while an administrator waits on it for an answer, but before and after', async () => {
  const server = await startServer({ backends: { slow: slowBackend() } })
  server.app.server.timeout = TIMEOUT_MS
  const sockets: Socket[] = []
  server.app.server.on('connection', (socket) => sockets.push(socket))
  const response = await fetch(`${server.url}/v1/cleanup`, { method: 'POST' })
  expect(response.status).toBe(200)
  expect(sockets.map(({ timeout }) => (timeout ?? 0) > 0)).toEqual([true])
  // Whoever comes with data is still held to it.
  await expect(fetch(`${server.url}/v1/state/a`, json('PUT', 1))).rejects.toThrow()
})

it('a refused one is answered as well', async () => {
  const server = await startServer({ backends: { one: memory() } })
  server.app.server.timeout = TIMEOUT_MS
  const sockets: Socket[] = []
  server.app.server.on('connection', (socket) => sockets.push(socket))
  const response = await fetch(`${server.url}/v1/switch`, json('POST', { to: 'none' }))
  expect(response.status).toBe(404)
  expect(sockets.map(({ timeout }) => (timeout ?? 0) > 0)).toEqual([true])
})
