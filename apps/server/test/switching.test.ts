import { join } from 'node:path'
import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { json, type RunningServer, startServer, temporaryFolder, urlOf } from './support/start-server.ts'

type Body = Record<string, unknown>

async function start(): Promise<RunningServer> {
  const folder = await temporaryFolder()
  return startServer({
    backends: {
      local: sqlite({ path: join(folder, 'state.db') }),
      files: file({ path: join(folder, 'files') }),
      cache: memory(),
    },
  })
}

async function call(
  server: RunningServer,
  method: string,
  path: string,
  status: number,
  body?: unknown,
): Promise<Body> {
  const response = await fetch(server.url + path, body === undefined ? { method } : json(method, body))
  const answer = (await response.json()) as Body
  expect([response.status, answer]).toEqual([status, expect.anything()])
  return answer
}

/** The status of a switch once it has ended. */
async function ended(server: RunningServer, id: unknown): Promise<Body> {
  for (;;) {
    const status = await call(server, 'GET', `/v1/switch/${id}`, 200)
    if (['done', 'aborted', 'failed'].includes(String(status['phase']))) return status
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const activeOf = async (server: RunningServer): Promise<unknown> =>
  (await call(server, 'GET', '/v1/backends', 200))['active']

describe('a switch', () => {
  it('moves everything with versions and expiries, and can be rolled back and completed', async () => {
    const server = await start()
    for (let i = 0; i < 200; i++) await fetch(urlOf(server, `k${i}`, '?ttl=1h'), json('PUT', i))
    const before = await fetch(urlOf(server, 'k7'))
    const begun = await call(server, 'POST', '/v1/switch', 202, { to: 'files' })
    expect(begun).toMatchObject({ from: 'local', to: 'files', phase: expect.any(String) })
    expect(await ended(server, begun['id'])).toMatchObject({
      phase: 'done',
      copied: 200,
      dirty: 0,
      pauseMs: expect.any(Number),
    })
    expect(await activeOf(server)).toBe('files')
    expect(await call(server, 'GET', '/v1/switch', 200)).toMatchObject({ id: begun['id'] })
    const after = await fetch(urlOf(server, 'k7'))
    expect([after.headers.get('etag'), after.headers.get('expires-at'), await after.json()]).toEqual([
      before.headers.get('etag'),
      before.headers.get('expires-at'),
      7,
    ])
    await fetch(urlOf(server, 'k7'), json('PUT', 'changed'))
    const back = await call(server, 'POST', `/v1/switch/${begun['id']}/rollback`, 202)
    expect(await ended(server, back['id'])).toMatchObject({ phase: 'done', copied: 1 })
    expect(await activeOf(server)).toBe('local')
    expect(await (await fetch(urlOf(server, 'k7'))).json()).toBe('changed')
    await call(server, 'POST', `/v1/switch/${back['id']}/complete`, 200)
    await expectProblem(
      fetch(`${server.url}/v1/switch/${back['id']}/rollback`, { method: 'POST' }),
      409,
      'CONFLICT',
    )
  })

  it('can be looked at before, and given up', async () => {
    const server = await start()
    for (let i = 0; i < 50; i++) await fetch(urlOf(server, `k${i}`), json('PUT', i))
    expect(
      await call(server, 'POST', '/v1/switch', 200, { to: 'cache', dryRun: true, allowVolatile: true }),
    ).toMatchObject({
      from: 'local',
      to: 'cache',
      keys: 50,
      problems: [],
      losses: expect.arrayContaining([expect.stringContaining('durability')]),
    })
    expect(await activeOf(server)).toBe('local')
    const slow = await call(server, 'POST', '/v1/switch', 202, { to: 'files', maxRate: 1 })
    await expectProblem(fetch(`${server.url}/v1/switch`, json('POST', { to: 'files' })), 409, 'CONFLICT')
    expect(await call(server, 'POST', `/v1/switch/${slow['id']}/abort`, 200)).toMatchObject({
      phase: 'aborted',
    })
    expect(await activeOf(server)).toBe('local')
    expect(await (await fetch(urlOf(server, 'k7'))).json()).toBe(7)
  })

  it('that makes no sense is refused', async () => {
    const server = await start()
    const post = (body: unknown): Promise<Response> => fetch(`${server.url}/v1/switch`, json('POST', body))
    await expectProblem(post({ to: 'nowhere' }), 404, 'UNKNOWN_BACKEND')
    await expectProblem(post({ to: 'local' }), 400, 'INVALID_OPTIONS')
    await expectProblem(post({ to: 'cache' }), 400, 'INVALID_OPTIONS')
    await expectProblem(post({}), 400, 'BAD_REQUEST')
    await expectProblem(fetch(`${server.url}/v1/switch`), 404, 'NOT_FOUND')
    await expectProblem(fetch(`${server.url}/v1/switch/none/abort`, { method: 'POST' }), 404, 'NOT_FOUND')
  })
})

describe('pauseBudgetMs', async () => {
  const server = await start()
  const plan = (pauseBudgetMs: unknown): Promise<Response> =>
    fetch(`${server.url}/v1/switch`, json('POST', { to: 'files', dryRun: true, pauseBudgetMs }))

  it.each([-1, 0, 0.5, 1.5, 60_001, 1e300, '250', null])('%j is refused', async (pauseBudgetMs) => {
    const problem = await expectProblem(plan(pauseBudgetMs), 400, 'BAD_REQUEST')
    expect(problem['detail']).toContain('body/pauseBudgetMs must be')
  })

  it.each([1, 60_000])('%j is taken', async (pauseBudgetMs) => {
    expect((await plan(pauseBudgetMs)).status).toBe(200)
  })
})

describe('a backup', () => {
  it('is made of one backend and restored into another', async () => {
    const server = await start()
    for (let i = 0; i < 100; i++) await fetch(urlOf(server, `k${i}`), json('PUT', i))
    expect(await call(server, 'POST', '/v1/backup', 201, { name: 'monday' })).toMatchObject({
      name: 'monday',
      records: 100,
      source: 'local',
    })
    expect(await call(server, 'GET', '/v1/backups', 200)).toEqual({
      backups: [{ name: 'monday', bytes: expect.any(Number), createdAt: expect.any(Number) }],
    })
    expect((await call(server, 'POST', '/v1/backup', 201))['name']).toMatch(/^20\d\d-/)
    await expectProblem(fetch(`${server.url}/v1/backup`, json('POST', { name: 'monday' })), 409, 'CONFLICT')
    await expectProblem(fetch(`${server.url}/v1/restore`, json('POST', { name: 'monday' })), 409, 'CONFLICT')
    await fetch(urlOf(server, 'k1'), { method: 'DELETE' })
    await fetch(urlOf(server, 'new'), json('PUT', 1))
    expect(await call(server, 'POST', '/v1/restore', 200, { name: 'monday', mode: 'merge' })).toMatchObject({
      records: 100,
      expired: 0,
    })
    expect(await (await fetch(urlOf(server, 'k1'))).json()).toBe(1)
    await call(server, 'POST', '/v1/restore', 200, { name: 'monday', mode: 'replace' })
    expect((await fetch(urlOf(server, 'new'))).status).toBe(404)
  })

  it('has a name, never a path', async () => {
    const server = await start()
    for (const name of ['../outside', '/etc/passwd', '.hidden', 'a/b', '', 'a\\b']) {
      await expectProblem(fetch(`${server.url}/v1/backup`, json('POST', { name })), 400, 'BAD_REQUEST')
      await expectProblem(fetch(`${server.url}/v1/restore`, json('POST', { name })), 400, 'BAD_REQUEST')
    }
    await expectProblem(fetch(`${server.url}/v1/restore`, json('POST', { name: 'none' })), 404, 'NOT_FOUND')
  })
})
