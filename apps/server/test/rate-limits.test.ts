import { join } from 'node:path'
import { createState } from '@switchyard/core'
import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { redis } from '@switchyard/redis'
import { isRedisWanted, startRedis } from '@switchyard/services'
import { describe, expect, it } from 'vitest'
import { createRateLimiter } from '../src/limits/rate-limiter.ts'
import { takeTokens } from '../src/limits/token-bucket.ts'
import { afterFile } from './support/after-file.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, type RunningServer, startServer, temporaryFolder, urlOf } from './support/start-server.ts'
import { unreachableBackend } from './support/unreachable-backend.ts'

const get = (server: RunningServer): Promise<Response> => fetch(urlOf(server, 'a'))

async function statuses(server: RunningServer, count: number): Promise<Record<number, number>> {
  const answers = await Promise.all(Array.from({ length: count }, () => get(server)))
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

describe('a token bucket', () => {
  const bucket = { size: 10, perMs: 0.01 }

  it('holds its size, and fills again in its time', () => {
    const all = takeTokens(bucket, undefined, 20, 1000)
    expect(all).toEqual({ granted: 10, fullAt: 2000, left: 0, waitMs: 100 })
    const early = takeTokens(bucket, all.fullAt, 1, 1099)
    expect(early.granted).toBe(0)
    expect(early.waitMs).toBeCloseTo(1)
    expect(takeTokens(bucket, all.fullAt, 1, 1100)).toEqual({
      granted: 1,
      fullAt: 2100,
      left: 0,
      waitMs: 100,
    })
    expect(takeTokens(bucket, all.fullAt, 1, 1550)).toMatchObject({ granted: 1, left: 4, waitMs: 0 })
    expect(takeTokens(bucket, all.fullAt, 20, 9000)).toMatchObject({ granted: 10 })
  })

  it('gives no more than its rate in the long run', () => {
    let fullAt: number | undefined
    let granted = 0
    for (let now = 0; now < 100_000; now += 7) {
      const taken = takeTokens(bucket, fullAt, 3, now)
      fullAt = taken.fullAt
      granted += taken.granted
    }
    expect(granted).toBeGreaterThanOrEqual(1000)
    expect(granted).toBeLessThanOrEqual(1010)
  })

  it('locks nobody out for long when the clock is set back or the bucket becomes smaller', () => {
    expect(takeTokens(bucket, 1_000_000, 1, 0)).toMatchObject({ granted: 0, waitMs: 100 })
    expect(takeTokens({ size: 1, perMs: 0.01 }, 1000, 1, 0)).toMatchObject({ granted: 0, waitMs: 100 })
  })
})

it('a clock that is set back by a day keeps nobody waiting for a day', async () => {
  await using state = await createState({ backends: { memory: memory() }, active: 'memory' })
  let now = Date.now()
  let elapsed = 0
  const limiter = createRateLimiter({
    name: 'rate',
    bucket: () => ({ size: 1, perMs: 0.001 }),
    state,
    onFailure(error) {
      throw error
    },
    now: () => now,
    elapsed: () => elapsed,
  })
  expect(await limiter.take('one')).toMatchObject({ isAllowed: true })
  expect(await limiter.take('one')).toMatchObject({ isAllowed: false, waitMs: 1000 })
  now -= 86_400_000
  elapsed += 999
  now += 999
  expect(await limiter.take('one')).toMatchObject({ isAllowed: false, waitMs: 1 })
  elapsed += 1
  now += 1
  const { waitMs } = await limiter.take('one')
  expect(waitMs).toBeLessThanOrEqual(1000)
  elapsed += waitMs
  now += waitMs
  expect(await limiter.take('one')).toMatchObject({ isAllowed: true })
})

describe('limits.rate', () => {
  const rate = { requestsPerSecond: 0.1, burst: 40 }

  it('lets a burst through, and then tells when to try again', async () => {
    const server = await startServer({ backends: { memory: memory() }, limits: { rate } })
    const first = await get(server)
    expect(first.headers.get('ratelimit-policy')).toBe('"rate";q=40;w=400')
    expect(first.headers.get('ratelimit')).toMatch(/^"rate";r=39;t=\d+$/)
    expect(await statuses(server, 60)).toEqual({ 404: 39, 429: 21 })
    const refused = await get(server)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(5)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(10)
    expect(refused.headers.get('ratelimit')).toMatch(/^"rate";r=0;t=\d+$/)
    await expectProblem(refused, 429, 'RATE_LIMITED')
  })

  it('lets its rate through again after that', async () => {
    const server = await startServer({
      backends: { memory: memory() },
      limits: { rate: { requestsPerSecond: 50, burst: 5 } },
    })
    await statuses(server, 10)
    const start = performance.now()
    let passed = 0
    while (passed < 10) if ((await get(server)).status === 404) passed++
    expect(performance.now() - start).toBeGreaterThan(100)
  })

  it('does not count what is open to everybody, such as the health', async () => {
    const server = await startServer({ backends: { memory: memory() }, limits: { rate } })
    for (let i = 0; i < 60; i++) expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect((await get(server)).status).toBe(404)
  })

  it.runIf(isRedisWanted())('is one limit for all servers that share a backend', async () => {
    const { url, stop } = await startRedis()
    afterFile(stop)
    const one = await startServer({ backends: { shared: redis({ url }) }, limits: { rate } })
    const other = await startServer({ backends: { shared: redis({ url }) }, limits: { rate } })
    const [a, b] = await Promise.all([statuses(one, 60), statuses(other, 60)])
    expect((a[404] ?? 0) + (b[404] ?? 0)).toBe(40)
  })

  it('survives a restart and a switch', async () => {
    const folder = await temporaryFolder()
    const backends = {
      first: file({ path: join(folder, 'first') }),
      second: file({ path: join(folder, 'second') }),
    }
    const dataDir = await temporaryFolder()
    const before = await startServer({ backends, dataDir, limits: { rate } })
    const run = await before.state.switchTo('second')
    expect(await statuses(before, 60)).toEqual({ 404: 40, 429: 20 })
    await run.done
    await before.close()
    const after = await startServer({ backends, dataDir, limits: { rate } })
    expect(after.state.backends.active).toBe('second')
    await expectProblem(get(after), 429, 'RATE_LIMITED')
  })

  it('is not kept while the backend fails: who comes to mend it is let in', async () => {
    const backend = unreachableBackend()
    const server = await startServer({
      backends: { backend },
      limits: { rate: { requestsPerSecond: 1, burst: 1 } },
    })
    for (let i = 0; i < 5; i++) {
      expect((await fetch(`${server.url}/v1/config`)).status).toBe(200)
      await expectProblem(get(server), 503, 'UNAVAILABLE')
    }
  })

  it('follows rateLimitMultiplier', async () => {
    const server = await startServer({ backends: { memory: memory() }, limits: { rate } })
    await fetch(`${server.url}/v1/config`, json('PATCH', { rateLimitMultiplier: 2 }))
    expect((await get(server)).headers.get('ratelimit-policy')).toBe('"rate";q=80;w=400')
  })

  it('is off by default', async () => {
    const server = await startServer({ backends: { memory: memory() } })
    const answer = await get(server)
    expect(answer.headers.has('ratelimit')).toBe(false)
    expect((await server.state.keys().page()).items).toEqual([])
  })
})

it('limits.quota counts over a longer time, beside the rate', async () => {
  const server = await startServer({
    backends: { memory: memory() },
    limits: { rate: { requestsPerSecond: 1000, burst: 1000 }, quota: { requests: 30, per: '1h' } },
  })
  expect((await get(server)).headers.get('ratelimit-policy')).toBe('"rate";q=1000;w=1, "quota";q=30;w=3600')
  expect(await statuses(server, 40)).toEqual({ 404: 29, 429: 11 })
  const refused = await expectProblem(get(server), 429, 'RATE_LIMITED')
  expect(refused['detail']).toContain('quota')
})
