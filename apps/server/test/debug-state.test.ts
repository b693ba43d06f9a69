import { join } from 'node:path'
import { file } from '@switchyard/file'
import { redis } from '@switchyard/redis'
import { sqlite } from '@switchyard/sqlite'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { componentSchemas } from '../src/observability/component-schemas.ts'
import { createDebugRegistry } from '../src/observability/debug-registry.ts'
import { VERSION } from '../src/version.ts'
import { startChild } from './support/child-server.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer, temporaryFolder, urlOf } from './support/start-server.ts'
import { beginSwitch, endOfSwitch } from './support/switch-over.ts'

type Components = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const folder = await temporaryFolder()
const server = await startServer({
  backends: {
    local: sqlite({ path: join(folder, 'state.db') }),
    files: file({ path: join(folder, 'files') }),
    far: redis({ url: 'redis://user:pa55word@127.0.0.1:1' }),
  },
})
for (let i = 0; i < 30; i++) await fetch(urlOf(server, `k${i}`), json('PUT', i))

async function components(): Promise<Components> {
  const response = await fetch(`${server.url}/v1/debug/state`)
  return ((await response.json()) as { readonly components: Components }).components
}

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true })

it('every component is as its schema says, before, during and after a switch', async () => {
  const check = async (): Promise<void> => {
    const all = await components()
    for (const [name, schema] of Object.entries(componentSchemas)) {
      const validate = ajv.compile(schema)
      validate(all[name])
      expect([name, validate.errors]).toEqual([name, null])
    }
  }
  await check()
  const id = await beginSwitch(server, { to: 'files', maxRate: 100 })
  await check()
  expect(await endOfSwitch(server, id)).toBe('done')
  await check()
  const { switch: latest, backends } = await components()
  expect(latest).toMatchObject({ phase: 'none', latest: { id, phase: 'done', copied: 30 } })
  expect(backends).toMatchObject({
    active: 'files',
    backends: [
      { name: 'local', plugin: 'sqlite', active: false, open: true, health: { healthy: true } },
      { name: 'files', plugin: 'file', active: true, open: true, health: { healthy: true } },
      { name: 'far', plugin: 'redis', active: false, open: false },
    ],
  })
})

it('tells what runs, what goes on and what is held', async () => {
  const { build, connections, requests, operations, locks } = await components()
  expect(build).toEqual({ version: VERSION, commit: null, node: process.version })
  expect(connections).toMatchObject({ open: expect.any(Number), eventStreams: 0 })
  expect(connections?.['open']).toBeGreaterThanOrEqual(1)
  expect(requests).toMatchObject({ errors: 0, inFlight: 1 })
  expect(requests?.['total']).toBeGreaterThanOrEqual(30)
  expect(operations?.['set']).toMatchObject({ count: 30, errors: 0 })
  expect(locks).toMatchObject({
    locks: [{ file: expect.stringMatching(/server\.lock$/), pid: process.pid }],
  })
})

it('tells the commit, where it is known', async () => {
  const child = startChild(await temporaryFolder(), { SWITCHYARD_COMMIT: '0a1b2c3' })
  const response = await fetch(`${await child.url()}/v1/debug/state/build`)
  expect(await response.json()).toMatchObject({ commit: '0a1b2c3' })
})

it('tells the configuration without what plugins are given', async () => {
  const text = await (await fetch(`${server.url}/v1/debug/state/config`)).text()
  expect(JSON.parse(text)).toMatchObject({
    server: { port: 0, slowRequest: '1s' },
    state: { active: 'local', backends: { far: { plugin: 'redis' } } },
    encryptsBackups: false,
  })
  expect(text).not.toContain('pa55word')
})

it.each(Object.keys(componentSchemas))('%s can be asked for alone', async (name) => {
  const response = await fetch(`${server.url}/v1/debug/state/${name}`)
  expect(response.status).toBe(200)
  const validate = ajv.compile(componentSchemas[name] as object)
  validate(await response.json())
  expect(validate.errors).toBeNull()
})

it('one that is not there is refused with the names of those that are', async () => {
  const problem = await expectProblem(fetch(`${server.url}/v1/debug/state/toString`), 404, 'NOT_FOUND')
  for (const name of Object.keys(componentSchemas)) expect(problem['detail']).toContain(name)
})

it('a component can be told by several parts, and one that fails says why', async () => {
  const debug = createDebugRegistry()
  debug.register('a', () => ({ first: 1 }))
  debug.register('a', async () => ({ second: 2 }))
  debug.register('b', () => {
    throw new Error('out of reach')
  })
  expect(debug.components).toEqual(['a', 'b'])
  expect(await debug.read('a')).toEqual({ first: 1, second: 2 })
  expect(await debug.read('b')).toEqual({ error: 'out of reach' })
})
