import { afterAll, expect, it } from 'vitest'
import { createClient, type SwitchStatus } from '../src/index.ts'
import { rejection } from './rejects.ts'
import { startServer } from './start-server.ts'

const server = await startServer()
const client = createClient({ url: server.url })

afterAll(() => server.close())

/** The switch when it has come to an end. */
async function ended(id: string): Promise<SwitchStatus | undefined> {
  return expect
    .poll(async () => (await client.switchStatus(id))?.phase)
    .toMatch(/done|aborted|failed/)
    .then(() => client.switchStatus(id))
}

it('tells of the backends and what is in the active one', async () => {
  await client.set('key', 1)
  await client.set('short', 1, { ttl: 1 })
  const backends = await client.backends()
  expect(backends).toMatchObject([
    {
      name: 'local',
      plugin: 'sqlite',
      active: true,
      capabilities: { durable: true },
      health: { healthy: true },
    },
    { name: 'cache', plugin: 'memory', active: false },
  ])
  await expect.poll(() => client.has('short')).toBe(false)
  expect(await client.cleanup()).toEqual({ removed: 1 })
  expect(await client.stats()).toMatchObject({ keys: 1, expired: 0, bytes: expect.any(Number) })
  expect(await client.optimize()).toMatchObject({ bytesAfter: expect.any(Number) })
})

it('switches, rolls back and completes', async () => {
  expect(await client.switchStatus()).toBeUndefined()
  expect(await client.switchStatus('none')).toBeUndefined()
  await rejection(client.abortSwitch('none'), 'INVALID_OPTIONS')
  await rejection(client.switchTo('nowhere'), 'UNKNOWN_BACKEND')
  await rejection(client.switchTo('cache'), 'INVALID_OPTIONS')
  const options = { allowVolatile: true, timeoutMs: 20_000 }
  expect(await client.planSwitch('cache', options)).toMatchObject({
    from: 'local',
    to: 'cache',
    problems: [],
  })

  const { id } = await client.switchTo('cache', options)
  expect(await ended(id)).toMatchObject({ id, from: 'local', to: 'cache', phase: 'done' })
  expect((await client.switchStatus())?.id).toBe(id)
  expect(server.state.backends.active).toBe('cache')
  expect(await client.get('key')).toBe(1)

  const back = await client.rollbackSwitch(id)
  expect(await ended(back.id)).toMatchObject({ to: 'local', phase: 'done' })
  expect(server.state.backends.active).toBe('local')
  expect(await client.completeSwitch(back.id)).toMatchObject({ id: back.id })
})

it('gives a switch up', async () => {
  await client.setMany(Array.from({ length: 500 }, (_, i) => ({ key: `key:${i}`, value: i })))
  const { id } = await client.switchTo('cache', { allowVolatile: true, maxRate: 50 })
  await client.abortSwitch(id)
  expect(await ended(id)).toMatchObject({ phase: 'aborted', error: { code: 'ABORTED' } })
  expect(server.state.backends.active).toBe('local')
})
