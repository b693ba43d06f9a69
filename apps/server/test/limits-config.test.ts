import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { temporaryFolder } from './support/start-server.ts'

async function limitsOf(limits: unknown): Promise<unknown> {
  const cwd = await temporaryFolder()
  await writeFile(join(cwd, 'switchyard.json'), JSON.stringify({ limits }))
  return (await loadConfig({ cwd, env: {} })).limits
}

it('limits are none but of connections and event streams, unless they are given', async () => {
  expect(await limitsOf({})).toEqual({ maxConnections: 10_000, maxEventStreamsPerToken: 100 })
  const all = {
    maxConnections: 5,
    maxConnectionsPerAddress: 2,
    maxRequestsPerConnection: 100,
    maxEventStreamsPerToken: 3,
    rate: { requestsPerSecond: 0.5, burst: 10 },
    quota: { requests: 1000, per: '1d' },
  }
  expect(await limitsOf(all)).toEqual(all)
})

it.each([
  [{ maxConnections: 0 }, 'limits.maxConnections: expected a whole number from 1 on, got 0'],
  [{ rate: { requestsPerSecond: 0, burst: 1 } }, 'limits.rate.requestsPerSecond: expected a number above 0'],
  [{ rate: { requestsPerSecond: 1 } }, 'limits.rate.burst: is missing'],
  [
    { quota: { requests: 1, per: 'day' } },
    'limits.quota.per: expected milliseconds above 0 or text such as "30s"',
  ],
  [{ speed: 1 }, 'limits.speed: not a field; allowed: maxConnections'],
])('%j is refused', async (limits, reason) => {
  await expect(limitsOf(limits)).rejects.toThrow(reason)
})
