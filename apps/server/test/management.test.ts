import { memory } from '@switchyard/memory'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer, temporaryFolder, urlOf } from './support/start-server.ts'

const folder = await temporaryFolder()
const server = await startServer({
  backends: {
    local: sqlite({ path: `${folder}/state.db` }),
    cache: memory(),
    // A folder stands where the file should be.
    broken: sqlite({ path: folder }),
  },
})
const volatile = await startServer({ backends: { only: memory() } })

async function get(path: string, url: string = server.url): Promise<Record<string, unknown>> {
  const response = await fetch(url + path)
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, unknown>
}

describe('backends', () => {
  it('are listed with capabilities and health', async () => {
    const { active, backends } = (await get('/v1/backends')) as {
      active: string
      backends: Record<string, unknown>[]
    }
    expect(active).toBe('local')
    expect(backends.map(({ name, plugin, active: isActive }) => [name, plugin, isActive])).toEqual([
      ['local', 'sqlite', true],
      ['cache', 'memory', false],
      ['broken', 'sqlite', false],
    ])
    expect(backends[0]).toMatchObject({
      open: true,
      capabilities: { durable: true },
      health: { healthy: true },
    })
    expect(backends[1]).toMatchObject({ capabilities: { durable: false }, health: { healthy: true } })
    expect(backends[2]).toMatchObject({ open: false, health: { healthy: false, reason: expect.any(String) } })
  })

  it('have statistics, a cleanup and a compaction', async () => {
    await fetch(urlOf(server, 'a'), json('PUT', 1))
    const written = await fetch(urlOf(server, 'b', '?ttl=1'), json('PUT', 2))
    const { expiresAt } = (await written.json()) as { expiresAt: number }
    while (Date.now() < expiresAt) await new Promise(setImmediate)
    expect(await get('/v1/stats')).toMatchObject({
      backend: 'local',
      keys: 1,
      expired: 1,
      bytes: expect.any(Number),
    })
    const cleaned = await fetch(`${server.url}/v1/cleanup`, { method: 'POST' })
    expect(await cleaned.json()).toEqual({ removed: 1 })
    expect(await get('/v1/stats')).toMatchObject({ keys: 1, expired: 0 })
    const optimized = await fetch(`${server.url}/v1/optimize`, json('POST', {}))
    expect(await optimized.json()).toEqual({
      bytesBefore: expect.any(Number),
      bytesAfter: expect.any(Number),
    })
  })

  it('are not asked for what they do not declare', async () => {
    await expectProblem(fetch(`${volatile.url}/v1/optimize`, { method: 'POST' }), 501, 'NOT_SUPPORTED')
  })
})

describe('the process', () => {
  it('is alive and ready', async () => {
    expect(await get('/healthz')).toEqual({ status: 'ok' })
    expect(await get('/readyz')).toMatchObject({ status: 'ok', backend: 'local', ready: true })
  })

  it('says what it is', async () => {
    expect(await get('/')).toEqual({
      name: 'Switchyard',
      version: expect.any(String),
      openapi: '/openapi.json',
    })
  })

  it('answers HEAD where it answers GET', async () => {
    for (const path of [
      '/',
      '/healthz',
      '/readyz',
      '/openapi.json',
      '/v1/state',
      '/v1/backends',
      '/v1/stats',
    ]) {
      const head = await fetch(server.url + path, { method: 'HEAD' })
      expect([path, head.status, await head.text()]).toEqual([path, 200, ''])
    }
  })
})

describe('pages of other origins', () => {
  it.each(['cross-site', 'same-site'])('cannot change anything (%s)', async (site) => {
    const headers = { 'sec-fetch-site': site }
    for (const path of ['/v1/cleanup', '/v1/optimize', '/v1/state/n/increment', '/v1/batch/delete']) {
      await expectProblem(fetch(server.url + path, { method: 'POST', headers }), 403, 'CROSS_ORIGIN')
    }
  })

  it('differ from the own', async () => {
    for (const site of ['same-origin', 'none']) {
      const headers = { 'sec-fetch-site': site }
      expect((await fetch(`${server.url}/v1/cleanup`, { method: 'POST', headers })).status).toBe(200)
    }
  })
})
