import { setTimeout as sleep } from 'node:timers/promises'
import { createState, type State, type StateChange } from '@switchyard/core'
import { command, type RedisServer, startProxy, startRedis, type TcpProxy } from '@switchyard/services'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { redis } from '../src/index.ts'
import { startWire, type WireOptions } from './wire.ts'

let server: RedisServer
let proxy: TcpProxy
let near: State

async function opened(port: number): Promise<State> {
  const url = `redis://127.0.0.1:${port}`
  const state = await createState({ backends: { redis: redis({ url }) }, cleanupInterval: false })
  onTestFinished(() => state.close())
  return state
}

/** What Redis does with them when nobody has watched for a minute. */
async function dropLeases(): Promise<void> {
  for (const pattern of ['*:fence', '*:changes']) {
    const names = (await command(server.port, ['KEYS', pattern])).split('\n')
    await command(server.port, ['UNLINK', ...names])
  }
}

/** Writes until the watch tells of it. */
async function isTold(watch: AsyncIterator<StateChange>, key: string): Promise<void> {
  const next = watch.next()
  const timer = setInterval(() => void near.set(key, 0).catch(() => undefined), 50)
  expect((await next).value).toMatchObject({ key })
  clearInterval(timer)
}

describe('a watch', () => {
  beforeEach(async () => {
    server = await startRedis()
    proxy = await startProxy(server)
    near = await opened(server.port)
  })
  afterEach(async () => {
    await proxy.close()
    await server.stop()
  })

  test('that is cut off for a while misses nothing', async () => {
    const far = await opened(proxy.port)
    const watch = far.watch('user:')
    await isTold(watch, 'user:first')
    proxy.refuse(true)
    proxy.reset()
    const written = Array.from({ length: 300 }, (_, i) => `user:${i % 100}`)
    for (const [i, key] of written.entries()) await near.set(key, i)
    await sleep(500)
    proxy.refuse(false)
    const told: string[] = []
    while (told.length < written.length) {
      const { value } = await watch.next()
      if (value?.key !== 'user:first') told.push(String(value?.key))
    }
    expect(told.toSorted()).toEqual(written.toSorted())
    await watch.return()
  })

  test.for([false, true])(
    'that is cut off for too long has lagged; another began meanwhile: %s',
    async (another) => {
      const far = await opened(proxy.port)
      const watch = far.watch()
      await isTold(watch, 'first')
      proxy.refuse(true)
      proxy.reset()
      await dropLeases()
      await near.set('untold', 1)
      const other = another ? near.watch() : undefined
      if (other !== undefined) await isTold(other, 'told to the other')
      proxy.refuse(false)
      const timer = setInterval(() => void near.set('later', 1), 50)
      try {
        const seen: string[] = []
        const all = async (): Promise<void> => {
          for await (const { key } of watch) {
            seen.push(key)
            if (key === 'later') return
          }
        }
        await expect(all()).rejects.toMatchObject({ code: 'LAGGED' })
        expect(seen).not.toContain('told to the other')
      } finally {
        clearInterval(timer)
        await other?.return()
      }
    },
  )

  test('whose process was stopped for too long has lagged', async () => {
    const far = await opened(server.port)
    const watch = far.watch()
    await isTold(watch, 'first')
    await dropLeases()
    await near.set('untold', 1)
    const other = near.watch()
    await isTold(other, 'told to the other')
    const all = async (): Promise<void> => {
      for await (const { key } of watch) if (key === 'told to the other') return
    }
    await expect(all()).rejects.toMatchObject({ code: 'LAGGED' })
    await other.return().catch(() => undefined)
  })

  test.for(['reset', 'hang'] as const)(
    'survives that the connection is lost as it subscribes: %s',
    async (how) => {
      let failures = 0
      const look: WireOptions['look'] = (piece) => (/subscribe/i.test(piece) && failures++ < 1 ? how : 'pass')
      const wire = await startWire(server, { look })
      onTestFinished(() => wire.close())
      const far = await opened(wire.port)
      const watch = far.watch()
      await isTold(watch, 'first')
      // It rings again after a while, and tells at once.
      await expect
        .poll(() => command(server.port, ['PUBSUB', 'CHANNELS']), { timeout: 60_000 })
        .toContain('changes')
      await isTold(watch, 'first')
      expect(failures).toBeGreaterThan(0)
      await watch.return()
    },
  )
})
