import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { createServer } from '../src/create-server.ts'
import { afterFile } from './support/after-file.ts'
import { json, temporaryFolder } from './support/start-server.ts'
import { type MadeToken, makeToken } from './support/tokens.ts'

/** A retry comes after five seconds. */
const WAIT = { timeout: 60_000, interval: 50 }

const scopes = ['read', 'write', 'admin'] as const
const first = makeToken({ name: 'first', scopes: [...scopes] })
const leaked = makeToken({ name: 'leaked', scopes: [...scopes], prefixes: ['app:'] })

const sqlite = (name: string) => ({ plugin: '@switchyard/sqlite', options: { path: `${name}.db` } })

/** A server that follows its file, and how its file is changed. */
async function start(tokens: readonly MadeToken[], names: readonly string[]) {
  const folder = await temporaryFolder()
  const change = (nextTokens: readonly MadeToken[], nextNames: readonly string[]): Promise<void> =>
    writeFile(
      join(folder, 'switchyard.json'),
      JSON.stringify({
        server: { logLevel: 'silent' },
        access: { tokens: nextTokens.map(({ settings }) => settings) },
        state: {
          active: nextNames[0],
          backends: Object.fromEntries(nextNames.map((name) => [name, sqlite(name)])),
        },
      }),
    )
  await change(tokens, names)
  const server = await createServer(await loadConfig({ cwd: folder, env: { PORT: '0' } }))
  const url = await server.listen()
  afterFile(() => server.close())
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, { ...init, headers: { ...init.headers, ...first.headers } })
  const config = async (): Promise<Record<string, unknown>> =>
    (await call('/v1/debug/state/config')).json() as Promise<Record<string, unknown>>
  const statusOf = async ({ headers }: MadeToken): Promise<number> =>
    (await fetch(`${url}/v1/state/app:a`, { headers })).status
  return { ...server, url, folder, change, call, config, statusOf }
}

it('a revocation that could not be recorded is tried again, and the token is then refused', async () => {
  const server = await start([first, leaked], ['a'])
  const audit = join(server.folder, 'data/audit.log')
  await mkdir(audit)
  expect(await server.statusOf(leaked)).toBe(404)
  const before = Date.now()
  await server.change([first], ['a'])
  await expect.poll(server.config, WAIT).toMatchObject({
    latestChange: {
      outcome: 'ignored',
      reason: expect.stringContaining('audit log'),
      retryAt: expect.toSatisfy((at: number) => at > before),
    },
  })
  expect(await server.statusOf(leaked)).toBe(404)
  await rm(audit, { recursive: true })
  await expect.poll(() => server.statusOf(leaked), WAIT).toBe(401)
  // Told once all of it is done.
  await expect
    .poll(async () => (await server.config())['latestChange'], WAIT)
    .toEqual({ at: expect.any(Number), outcome: 'applied', fields: ['access.tokens'] })
}, 300_000)

it('a change is tried again until its backend is not in use any more, or there is another one', async () => {
  const server = await start([first, leaked], ['a', 'b'])
  const { id } = (await (await server.call('/v1/switch', json('POST', { to: 'b' }))).json()) as { id: string }
  const phase = async (): Promise<unknown> =>
    ((await (await server.call(`/v1/switch/${id}`)).json()) as { phase: string }).phase
  await expect.poll(phase).toBe('done')
  await server.change([first], ['b'])
  await expect.poll(server.config, WAIT).toMatchObject({ latestChange: { retryAt: expect.any(Number) } })
  await server.call(`/v1/switch/${id}/complete`, { method: 'POST' })
  await expect.poll(() => server.statusOf(leaked), WAIT).toBe(401)
  expect(server.state.backends.list().map(({ name }) => name)).toEqual(['b'])
}, 300_000)

it('one that is wrong is not', async () => {
  const server = await start([first], ['a'])
  await writeFile(join(server.folder, 'switchyard.json'), '{ "servre": {} }')
  await expect.poll(server.config, WAIT).toMatchObject({ latestChange: { outcome: 'ignored' } })
  expect((await server.config())['latestChange']).not.toHaveProperty('retryAt')
})

it('the present state has the backends and the tokens of the present, without what is secret', async () => {
  const server = await start([first], ['a'])
  await server.change([first, leaked], ['a', 'b'])
  await expect.poll(server.config, WAIT).toMatchObject({ latestChange: { outcome: 'applied' } })
  const config = await server.config()
  expect(config).toMatchObject({
    state: { active: 'a', backends: { a: { plugin: 'sqlite' }, b: { plugin: 'sqlite' } } },
    limits: { maxConnections: 10_000 },
    audit: { data: false, hashKeys: false },
    access: {
      sessionIdle: '30m',
      tokens: [
        { name: 'first', scopes: [...scopes] },
        { name: 'leaked', scopes: [...scopes], prefixes: ['app:'] },
      ],
    },
  })
  expect(JSON.stringify(config)).not.toMatch(/sha256|b\.db/)
})
