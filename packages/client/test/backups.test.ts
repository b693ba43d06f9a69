import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Client, createClient } from '../src/index.ts'
import { rejection } from './rejects.ts'
import { type RunningServer, startServer } from './start-server.ts'

let server: RunningServer
let client: Client

beforeEach(async () => {
  server = await startServer()
  client = createClient({ url: server.url })
})

afterEach(() => server.close())

it('a backup is made, listed and restored', async () => {
  expect(await client.backups()).toEqual([])
  const { version } = await client.set('a', 1)
  const made = await client.backup('monday')
  expect(made).toMatchObject({
    name: 'monday',
    source: 'local',
    encrypted: false,
    pauseMs: expect.any(Number),
  })
  expect(await client.backups()).toEqual([
    { name: 'monday', bytes: made.bytes, createdAt: expect.any(Number) },
  ])

  await client.set('a', 2)
  await client.set('b', 2)
  await rejection(client.restore('monday'), 'CONFLICT')
  expect(await client.restore('monday', { mode: 'merge' })).toMatchObject({ name: 'monday', expired: 0 })
  expect(await client.getEntry('a')).toMatchObject({ value: 1, version })
  expect(await client.get('b')).toBe(2)
  await client.restore('monday', { mode: 'replace', timeoutMs: 20_000 })
  expect(await Array.fromAsync(client.keys())).toEqual(['a'])
  await client.delete('a')
  await client.restore('monday')
  expect(await client.get('a')).toBe(1)
})

it('a backup without a name has that of its time', async () => {
  const { name } = await client.backup()
  expect(name).toMatch(/^\d{4}-\d\d-\d\dT/)
  expect(await client.backups()).toMatchObject([{ name }])
})

it('a name that is taken, unknown or a path is refused', async () => {
  await client.backup('taken')
  await rejection(client.backup('taken'), 'CONFLICT')
  await rejection(client.restore('unknown'), 'INVALID_OPTIONS')
  await rejection(client.backup('../path'), 'INVALID_OPTIONS')
})
