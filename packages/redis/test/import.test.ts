import { type AnyStore, copy, digest, openStore, type StoreChange } from '@switchyard/core'
import { command, type RedisServer, startRedis } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { redis } from '../src/index.ts'

let server: RedisServer

async function opened(prefix: string): Promise<AnyStore> {
  const store = await openStore(redis({ url: server.url, prefix }))
  onTestFinished(() => store.close())
  return store
}

const COUNT = 3000
const IN_AN_HOUR = Date.now() + 3_600_000

/** A third of them expires, and one of them is large. */
const entries = Array.from({ length: COUNT }, (_, i) => {
  const value = Buffer.from(i === 7 ? 'x'.repeat(3_000_000) : `{"é":${i}}`)
  const entry = { value, version: `v${i}` }
  return { key: `key ${i}`, entry: i % 3 === 0 ? { ...entry, expiresAt: IN_AN_HOUR + i } : entry }
})

const source = {
  async *list() {
    for (let i = 0; i < COUNT; i += 250) yield entries.slice(i, i + 250)
  },
  getMany: async () => [],
}

describe('an import', () => {
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  test('takes over values, versions and expiries, also of keys that are there', async () => {
    const [imported, written] = [await opened('imported'), await opened('written')]
    const old = { value: Buffer.from('0'), version: 'old', expiresAt: IN_AN_HOUR }
    await imported.write({
      operations: entries.slice(0, 100).map(({ key }) => ({ op: 'set', key, entry: old })),
    })
    expect(await copy(source, imported)).toBe(COUNT)
    await written.write({ operations: entries.map((one) => ({ op: 'set', ...one })) })
    expect(await digest(imported)).toBe(await digest(written))
  })

  test('is told to who watches from elsewhere', async () => {
    const [target, watching] = [await opened('watched'), await opened('watched')]
    const told = new Map<string, StoreChange>()
    const ended = new AbortController()
    const changes = watching.watch?.('', { signal: ended.signal }) as AsyncIterable<StoreChange>
    const watch = (async () => {
      for await (const change of changes) told.set(change.key, change)
    })().catch((error: unknown) => error)
    const first = { value: Buffer.from('0'), version: 'first' }
    await expect
      .poll(async () => {
        await target.set('first', first)
        return told.has('first')
      })
      .toBe(true)
    await copy(source, target)
    await expect.poll(() => told.size).toBe(COUNT + 1)
    ended.abort()
    expect(await watch).toMatchObject({ code: 'ABORTED' })
    expect(told.get('key 3')).toMatchObject({ type: 'set', version: 'v3', expiresAt: IN_AN_HOUR + 3 })
    expect(told.get('key 4')).toMatchObject({ type: 'set', version: 'v4' })
  })

  test('that Redis has no room for fails, and nothing of it is on its way any more', async () => {
    const target = await opened('full')
    await command(server.port, ['CONFIG', 'SET', 'maxmemory', '1'])
    await expect(copy(source, target)).rejects.toMatchObject({ code: 'FULL' })
    await command(server.port, ['CONFIG', 'SET', 'maxmemory', '0'])
    const { keys } = await target.stats()
    expect(keys).toBeLessThan(COUNT)
    await target.set('own', { value: Buffer.from('0'), version: 'own' })
    expect((await target.stats()).keys).toBe(keys + 1)
  })
})
