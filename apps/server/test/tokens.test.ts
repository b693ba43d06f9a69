import { readFile } from 'node:fs/promises'
import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Access, type AccessOptions, createAccess } from '../src/access/access.ts'
import { DEFAULT_ACCESS, type TokenSettings } from '../src/access/settings.ts'
import { createThrottle } from '../src/access/throttle.ts'
import { tokenCommand } from '../src/access/token-command.ts'
import { createAudit, DEFAULT_AUDIT } from '../src/audit/audit.ts'
import { ConfigError } from '../src/config/config-error.ts'
import { describeRoutes } from '../src/openapi.ts'
import { answerError } from '../src/problems/send-problem.ts'
import { afterFile } from './support/after-file.ts'
import { readEvents } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, temporaryFolder } from './support/start-server.ts'
import { makeToken } from './support/tokens.ts'

const one = makeToken({ name: 'app', scopes: ['read', 'watch'] })
const two = makeToken({ name: 'app', scopes: ['read', 'watch'] })

/** Access alone, with a clock of its own, before two routes that do nothing. */
async function startAccess(
  tokens: readonly TokenSettings[],
  clocks: Pick<AccessOptions, 'now' | 'elapsed'> = {},
): Promise<{ readonly access: Access; readonly url: string; readonly dataDir: string }> {
  const app = fastify()
  await describeRoutes(app)
  const dataDir = await temporaryFolder()
  const audit = createAudit({ settings: DEFAULT_AUDIT, dataDir, log: app.log })
  const settings = { ...DEFAULT_ACCESS, tokens }
  const access = createAccess({ settings, host: '127.0.0.1', audit, log: app.log, ...clocks })
  app.setErrorHandler(answerError)
  access.control(app)
  access.routes(app)
  app.get(
    '/who',
    { config: { access: { scope: 'read', keys: 'checked' } } },
    async ({ principal }) => principal.name,
  )
  app.get('/stream', { config: { access: { scope: 'watch', keys: 'checked' } } }, (_request, reply) => {
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    reply.hijack()
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  afterFile(() => {
    app.server.closeAllConnections()
    return app.close()
  })
  return { access, url, dataDir }
}

async function statusOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const response = await fetch(url, { headers })
  await response.arrayBuffer()
  return response.status
}

describe('tokens are replaced', () => {
  it('while both are accepted for a time, and without a restart', async () => {
    const { access, url } = await startAccess([one.settings])
    expect([await statusOf(`${url}/who`, one.headers), await statusOf(`${url}/who`, two.headers)]).toEqual([
      200, 401,
    ])
    await access.replaceTokens([one.settings, two.settings])
    expect([await statusOf(`${url}/who`, one.headers), await statusOf(`${url}/who`, two.headers)]).toEqual([
      200, 200,
    ])
    await access.replaceTokens([two.settings])
    expect([await statusOf(`${url}/who`, one.headers), await statusOf(`${url}/who`, two.headers)]).toEqual([
      401, 200,
    ])
  })

  it('with their sessions and streams, and no others', async () => {
    const { access, url } = await startAccess([one.settings, two.settings])
    const [first, second] = [
      await readEvents(`${url}/stream`, undefined, one.headers),
      await readEvents(`${url}/stream`, undefined, two.headers),
    ]
    const opened = await fetch(`${url}/v1/session`, json('POST', { token: one.token }))
    const headers = { cookie: (opened.headers.get('set-cookie') ?? '').split(';')[0] as string }
    expect(await statusOf(`${url}/who`, headers)).toBe(200)
    await access.replaceTokens([{ ...two.settings }])
    expect(await first.next()).toBeUndefined()
    expect(await statusOf(`${url}/who`, headers)).toBe(401)
    await access.replaceTokens([{ ...two.settings, scopes: ['watch'] }])
    expect(await second.next()).toBeUndefined()
    expect(await statusOf(`${url}/who`, two.headers)).toBe(403)
  })

  it('never by none', async () => {
    const { access, url } = await startAccess([one.settings])
    await expect(access.replaceTokens([])).rejects.toThrow(ConfigError)
    expect(await statusOf(`${url}/who`)).toBe(401)
  })

  it('and close a server that was open to everybody', async () => {
    const { access, url } = await startAccess([])
    const stream = await readEvents(`${url}/stream`)
    expect(await statusOf(`${url}/who`)).toBe(200)
    await access.replaceTokens([one.settings])
    expect(await stream.next()).toBeUndefined()
    expect(await statusOf(`${url}/who`)).toBe(401)
  })

  it('is recorded, without what they are', async () => {
    const { access, dataDir } = await startAccess([])
    await access.replaceTokens([one.settings])
    const audit = await readFile(`${dataDir}/audit.log`, 'utf8')
    expect(JSON.parse(audit.split('\n')[0] as string)).toMatchObject({
      actor: 'configuration',
      action: 'replaceTokens',
      detail: { tokens: [{ name: 'app', scopes: ['read', 'watch'] }] },
    })
    expect(audit).not.toContain(one.settings.hash.slice(7))
  })
})

it('a token expires while the server runs', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z')
  const short = makeToken({ scopes: ['read'], expires: '2026-01-01T01:00:00+01:00' })
  const later = makeToken({ scopes: ['read'], expires: '2026-01-01T00:00:01Z' })
  const { url } = await startAccess([short.settings, later.settings], { now: () => now })
  expect([await statusOf(`${url}/who`, short.headers), await statusOf(`${url}/who`, later.headers)]).toEqual([
    401, 200,
  ])
  now += 1000
  expect(await statusOf(`${url}/who`, later.headers)).toBe(401)
})

describe('wrong tokens', () => {
  it('are slowed down, logins as well; those who have a token already are not', async () => {
    let elapsed = 0
    // Set back by a day while they are slowed down.
    let now = 86_400_000
    const clocks = { now: () => now, elapsed: () => elapsed }
    const { url } = await startAccess([one.settings, two.settings], clocks)
    const attempt = (token: string): Promise<number> =>
      statusOf(`${url}/who`, { authorization: `Bearer ${token}` })
    expect(await attempt(one.token)).toBe(200)
    for (let i = 0; i < 10; i++) {
      expect(await attempt(`wrong${i}`)).toBe(401)
      expect(await attempt('wrong0')).toBe(401)
    }
    const refused = await fetch(`${url}/v1/session`, json('POST', { token: two.token }))
    expect(refused.headers.get('retry-after')).toBe('60')
    await expectProblem(refused, 429, 'RATE_LIMITED')
    expect([await attempt('wrong10'), await attempt(two.token), await attempt(one.token)]).toEqual([
      429, 429, 200,
    ])
    now = 0
    elapsed = 60_000
    expect([await attempt('wrong10'), await attempt(two.token)]).toEqual([401, 200])
  })

  it('count for an address, or for a network of IPv6', () => {
    const throttle = createThrottle(() => 0)
    const attempts = (address: string): void => {
      for (let i = 0; i < 10; i++) throttle.refused(address, `wrong${i}`)
    }
    attempts('192.0.2.1')
    attempts('2001:db8:1:2:3:4:5:6')
    attempts('2001:db8::1')
    attempts('::ffff:192.0.2.7')
    const waits = (address: string): boolean => throttle.waitMs(address, 'x') > 0
    expect(['192.0.2.1', '2001:db8:1:2::9', '2001:db8::2:0:0:1', '::ffff:192.0.2.7'].map(waits)).toEqual(
      Array(4).fill(true),
    )
    expect(['192.0.2.2', '2001:db8:1:3::9', '2001:db8:0:1::1', '::ffff:192.0.2.8', '::1'].map(waits)).toEqual(
      Array(5).fill(false),
    )
  })

  it('are remembered of a bounded number of addresses', () => {
    const throttle = createThrottle(() => 0)
    for (let i = 0; i < 10; i++) throttle.refused('first', `wrong${i}`)
    expect(throttle.waitMs('first', 'x')).toBeGreaterThan(0)
    for (let i = 0; i < 10_000; i++) throttle.refused(`address${i}`, 'wrong')
    expect(throttle.waitMs('first', 'x')).toBe(0)
  })
})

describe('switchyard-server token', () => {
  it('makes a token and its line', async () => {
    const lines = tokenCommand([
      '--name',
      'deploy',
      '--scopes',
      'read,admin',
      '--prefix',
      'a,b',
      '--expires',
      '2100-01-01T00:00:00Z',
    ]).split('\n')
    const [, token = '', , line = ''] = lines
    expect(token).toMatch(/^switchyard_[\w-]{43}$/)
    const [settings] = parse(line) as [TokenSettings]
    expect(settings).toMatchObject({ name: 'deploy', scopes: ['read', 'admin'], prefixes: ['a,b'] })
    const { url } = await startAccess([settings])
    expect(await statusOf(`${url}/v1/session`, { authorization: `Bearer ${token}` })).toBe(200)
  })

  it.each([
    [['--scopes', 'read,root'], /^--scopes: expected some of read,write,list,watch,admin; got "root"$/],
    [['--expires', 'soon'], /^--expires: expected an instant/],
    [['--nam', 'x'], /^Unknown option '--nam'.*\nusage: /],
  ])('refuses %j', (args, reason) => {
    expect(() => tokenCommand(args)).toThrow(ConfigError)
    expect(() => tokenCommand(args)).toThrow(reason)
  })
})
