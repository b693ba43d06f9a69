import { afterAll, expect, it } from 'vitest'
import { createClient } from '../src/index.ts'
import { rejection } from './rejects.ts'
import { startServer } from './start-server.ts'

const server = await startServer()
const client = createClient({ url: server.url })

afterAll(() => server.close())

it('settings are read, changed and taken back', async () => {
  const before = await client.config()
  expect(before).toMatchObject({
    version: expect.any(String),
    settings: { maintenance: { enabled: false }, features: {}, cleanupInterval: false },
  })
  const changed = await client.patchConfig({ features: { beta: true }, custom: { any: ['json'] } })
  expect(changed.version).not.toBe(before.version)
  expect(changed.settings).toEqual({
    ...before.settings,
    features: { beta: true },
    custom: { any: ['json'] },
  })
  expect(await client.config()).toEqual(changed)
  expect((await client.patchConfig({ features: { beta: null }, custom: null })).settings).toEqual(
    before.settings,
  )
})

it('settings are changed only as long as they are those that were read', async () => {
  const { version } = await client.config()
  const changed = await client.patchConfig({ rateLimitMultiplier: 2 }, { ifVersion: version })
  expect(changed.settings.rateLimitMultiplier).toBe(2)
  await rejection(client.patchConfig({ rateLimitMultiplier: 3 }, { ifVersion: version }), 'CONFLICT')
  await rejection(client.patchConfig({}, { ifVersion: 'no "version"' }), 'INVALID_OPTIONS')
  expect(await client.config()).toEqual(changed)
})

it('a change that makes no sense is refused, and nothing is changed', async () => {
  const before = await client.config()
  const { message } = await rejection(client.patchConfig({ rateLimitMultiplier: 0 }), 'INVALID_OPTIONS')
  expect(message).toMatch('rateLimitMultiplier')
  const lossy = client.patchConfig({ custom: { at: new Date() } })
  expect((await rejection(lossy, 'NOT_SERIALIZABLE')).message).toMatch('custom.at: an instance of Date')
  expect(await client.config()).toEqual(before)
})

it('maintenance refuses writes until it is over', async () => {
  await client.patchConfig({ maintenance: { enabled: true, retryAfter: 3600 } })
  await rejection(client.set('key', 1), 'UNAVAILABLE')
  await client.patchConfig({ maintenance: null })
  await client.set('key', 1)
})
