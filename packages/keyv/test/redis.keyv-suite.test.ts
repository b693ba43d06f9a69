import { redis } from '@switchyard/redis'
import { startRedis } from '@switchyard/services'
import { afterAll } from 'vitest'
import { passesKeyvSuite } from './keyv-suite.ts'

const server = await startRedis()
afterAll(() => server.stop())

passesKeyvSuite('redis', (version) => redis({ url: server.url, prefix: `keyv-${version}` }))
