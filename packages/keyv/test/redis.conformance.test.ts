import { conformance } from '@switchyard/conformance'
import { startRedis } from '@switchyard/services'
import { afterAll, describe, it } from 'vitest'
import { REDIS_URL } from './redis-backend.ts'

const server = await startRedis()
afterAll(() => server.stop())
process.env[REDIS_URL] = server.url
await conformance({
  describe,
  it,
  module: new URL('./redis-backend.ts', import.meta.url),
  clock: 'real',
  variant: '@keyv/redis',
  randomRuns: 15,
  report: new URL('../.reports/conformance/', import.meta.url),
})
