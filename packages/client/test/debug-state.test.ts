import { afterAll, expect, it } from 'vitest'
import { createClient } from '../src/index.ts'
import { startServer } from './start-server.ts'

const server = await startServer()
const client = createClient({ url: server.url })

afterAll(() => server.close())

it('every part of the server tells where it stands', async () => {
  await client.set('key', 1)
  const state = await client.debugState()
  expect(state).toMatchObject({
    build: { node: process.version },
    backends: { active: 'local' },
    requests: { errors: 0 },
    operations: { set: { count: 1, errors: 0 } },
    switch: { phase: 'none', latest: null, restoring: null },
    locks: { locks: [{ pid: process.pid }] },
    config: { server: { logLevel: 'silent' } },
  })
  // Those of the type, which are there whatever else is.
  const parts = ['build', 'backends', 'connections', 'requests', 'operations', 'switch', 'locks', 'config']
  expect(Object.keys(state)).toEqual(expect.arrayContaining(parts))
})

it('one part can be asked for', async () => {
  const part = await client.debugComponent('backends')
  expect(part?.backends?.map(({ name, open }) => [name, open])).toEqual([
    ['local', true],
    ['cache', false],
  ])
  expect(await client.debugComponent('none/such')).toBeUndefined()
})
