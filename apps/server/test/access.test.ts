import { type AddressInfo, createServer as createServerSocket } from 'node:net'
import { memory } from '@switchyard/memory'
import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import { createAccess } from '../src/access/access.ts'
import { DEFAULT_ACCESS } from '../src/access/settings.ts'
import { createAudit, DEFAULT_AUDIT } from '../src/audit/audit.ts'
import { ConfigError } from '../src/config/config-error.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { createServer } from '../src/create-server.ts'
import { answerError } from '../src/problems/send-problem.ts'
import { afterFile } from './support/after-file.ts'
import { writeFiles } from './support/child-files.ts'
import { startChild } from './support/child-server.ts'
import { readEvents } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { exchange, headerOf } from './support/raw-http.ts'
import { json, startServer, temporaryFolder, urlOf } from './support/start-server.ts'
import { makeToken } from './support/tokens.ts'

const one = makeToken({ name: 'app', scopes: ['read', 'watch'] })

async function statusOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const response = await fetch(url, { headers })
  await response.arrayBuffer()
  return response.status
}

describe('a route', () => {
  it('that does not say who may call it is not registered', async () => {
    const app = fastify()
    const audit = createAudit({ settings: DEFAULT_AUDIT, dataDir: '/nowhere', log: app.log })
    createAccess({ settings: DEFAULT_ACCESS, host: '::1', audit, log: app.log }).control(app)
    expect(() => app.get('/new', async () => 'x')).toThrow(/GET \/new does not declare who may call it/)
  })

  it('that names no keys is not for tokens with prefixes', async () => {
    const app = fastify()
    const audit = createAudit({ settings: DEFAULT_AUDIT, dataDir: '/nowhere', log: app.log })
    const narrow = makeToken({ scopes: ['read'], prefixes: ['a'] })
    const settings = { ...DEFAULT_ACCESS, tokens: [narrow.settings] }
    createAccess({ settings, host: '::1', audit, log: app.log }).control(app)
    app.setErrorHandler(answerError)
    app.get('/new', { config: { access: { scope: 'read' } } }, async () => 'all')
    expect((await app.inject({ url: '/new', headers: narrow.headers })).statusCode).toBe(403)
  })
})

describe('a start', () => {
  const server = (host: string, tokens: string): string => `
server: { host: '${host}', port: 0, logLevel: silent }
state: { backends: { one: { plugin: '@switchyard/memory' } } }
access: { tokens: [${tokens}] }`
  const line = JSON.stringify(one.settings)

  async function start(yaml: string): Promise<string> {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'switchyard.yaml': yaml })
    const { listen, close } = await createServer(await loadConfig({ cwd: folder, env: {} }))
    afterFile(close)
    return listen()
  }

  it.each(['0.0.0.0', '::', '192.168.1.1', 'example.org', '127.0.0.1.example.org'])(
    'without tokens is refused at %s',
    async (host) => {
      const error = await start(server(host, '')).catch((cause: unknown) => cause)
      expect(error).toBeInstanceOf(ConfigError)
      expect((error as Error).message).toBe(
        `server.host: without access.tokens only a loopback address such as 127.0.0.1 is allowed, got "${host}"; 'switchyard-server token' makes a token and its line for the configuration`,
      )
    },
  )

  it('without tokens is allowed on loopback addresses, with tokens everywhere', async () => {
    expect(await statusOf(`${await start(server('localhost', ''))}/v1/stats`)).toBe(200)
    expect(await statusOf(`${await start(server('127.1.2.3', ''))}/v1/stats`)).toBe(200)
    const url = await start(server('0.0.0.0', line))
    expect(await statusOf(`${url}/v1/stats`)).toBe(401)
  })

  it.each([
    [
      '{ name: a, hash: x, scopes: [read] }',
      /^access\.tokens\.0\.hash: expected 'sha256:' and 64 hexadecimal digits/,
    ],
    ['{ name: a, scopes: [read] }', /^access\.tokens\.0\.hash: is missing$/],
    [
      `{ name: a, hash: 'sha256:${'0'.repeat(64)}', scopes: [] }`,
      /^access\.tokens\.0\.scopes: expected some of: read, /,
    ],
    [
      `{ name: a, hash: 'sha256:${'0'.repeat(64)}', scopes: [root] }`,
      /^access\.tokens\.0\.scopes\.0: expected "read" /,
    ],
    [
      `{ name: a, hash: 'sha256:${'0'.repeat(64)}', scopes: [read], prefixes: [] }`,
      /^access\.tokens\.0\.prefixes: /,
    ],
    [
      `{ name: a, hash: 'sha256:${'0'.repeat(64)}', scopes: [read], expires: soon }`,
      /^access\.tokens\.0\.expires: expected an instant/,
    ],
    [
      `{ name: a, hash: 'sha256:${'0'.repeat(64)}', scopes: [read], prefix: a }`,
      /^access\.tokens\.0\.prefix: not a field/,
    ],
    [`${line}, ${line}`, /^access\.tokens: a token stands there twice$/],
  ])('with %s is refused', async (tokens, reason) => {
    const error = await start(server('127.0.0.1', tokens)).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as Error).message).toMatch(reason)
  })

  it('does not repeat what may be a token', async () => {
    const yaml = server('127.0.0.1', `{ name: a, hash: '${one.token}', scopes: [read] }`)
    await expect(start(yaml)).rejects.not.toThrow(one.token)
  })
})

describe('without tokens', async () => {
  const server = await startServer({ backends: { one: memory() } })
  const statusAs = async (host: string): Promise<number> =>
    (await exchange(server.port, `GET /v1/stats HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status

  it("answers to names that no site's page can have", async () => {
    for (const host of [
      '127.0.0.1',
      'localhost:7373',
      '[::1]:80',
      'app.localhost',
      'x',
      '192.168.1.1:7373',
      '[::ffff:127.0.0.1]',
    ]) {
      expect([host, await statusAs(host)]).toEqual([host, 200])
    }
    for (const host of [
      'evil.example',
      'evil.example:7373',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
    ]) {
      expect([host, await statusAs(host)]).toEqual([host, 421])
    }
  })
})

it('a switch goes to no backend but the configured ones, and nothing that it names is connected to', async () => {
  let connections = 0
  const listener = createServerSocket((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  afterFile(() => listener.close())
  const { port } = listener.address() as AddressInfo
  const server = await startServer({ backends: { one: memory() } })
  for (const to of [
    `redis://127.0.0.1:${port}`,
    `http://127.0.0.1:${port}/`,
    '@switchyard/redis',
    '../one',
    '__proto__',
    'constructor',
  ]) {
    for (const dryRun of [true, false]) {
      const request = fetch(`${server.url}/v1/switch`, json('POST', { to, dryRun, allowVolatile: true }))
      await expectProblem(request, 404, 'UNKNOWN_BACKEND')
    }
  }
  const options = { to: 'two', plugin: '@switchyard/redis', options: { url: `redis://127.0.0.1:${port}` } }
  await expectProblem(fetch(`${server.url}/v1/switch`, json('POST', options)), 400, 'BAD_REQUEST')
  expect(connections).toBe(0)
})

describe('every answer', async () => {
  const server = await startServer({ backends: { one: memory() } })
  const names = [
    'x-content-type-options',
    'referrer-policy',
    'content-security-policy',
    'cross-origin-resource-policy',
  ]

  it('has the headers that keep a browser from doing anything with it', async () => {
    await fetch(urlOf(server, 'page'), {
      method: 'PUT',
      body: '<script>',
      headers: { 'content-type': 'text/html' },
    })
    for (const path of [
      '/',
      '/v1/state/page',
      '/v1/state/none',
      '/nothing',
      '/v1/state/%zz',
      '/v1/stats',
      '/healthz',
    ]) {
      const { headers } = await fetch(server.url + path)
      expect([path, names.filter((name) => headers.get(name) === null)]).toEqual([path, []])
    }
    const page = await fetch(urlOf(server, 'page'))
    expect(page.headers.get('content-security-policy')).toMatch(/sandbox/)
    expect((await fetch(`${server.url}/v1/stats`)).headers.get('content-security-policy')).toMatch(
      /frame-ancestors 'none'/,
    )
    await using reader = await readEvents(`${server.url}/v1/events`)
    expect(names.filter((name) => reader.headers[name] === undefined)).toEqual([])
    const raw = await exchange(server.port, 'NONSENSE\r\n\r\n')
    expect(names.filter((name) => headerOf(raw.head, name) === undefined)).toEqual([])
  })
})

it('the log of a server tells no token, whatever is sent', async () => {
  const folder = await temporaryFolder()
  const config = { server: { logLevel: 'trace' }, access: { tokens: [one.settings] } }
  await writeFiles(folder, { 'switchyard.json': JSON.stringify(config) })
  const child = startChild(folder)
  const url = await child.url()
  const wrong = makeToken({ scopes: ['read'] })
  for (const { token, headers } of [one, wrong]) {
    for (const path of [
      `/v1/state/a?token=${token}`,
      '/v1/state/a',
      '/v1/backends',
      `/nothing?t=${token}`,
      `/v1/state/%zz?t=${token}`,
    ]) {
      await statusOf(url + path, headers)
    }
    await fetch(`${url}/v1/session`, json('POST', { token }))
    await fetch(`${url}/v1/session`, json('POST', { tokens: token }))
  }
  for (let i = 0; i < 12; i++) await statusOf(`${url}/v1/stats`, makeToken({ scopes: ['read'] }).headers)
  child.process.kill('SIGTERM')
  const { stdout, stderr } = await child.ended
  expect(stdout).toContain('Too many wrong tokens')
  for (const { token, settings } of [one, wrong]) {
    expect(stdout + stderr).not.toContain(token)
    expect(stdout + stderr).not.toContain(settings.hash.slice(7))
  }
})
