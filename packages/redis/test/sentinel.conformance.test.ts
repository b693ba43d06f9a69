import { conformance } from '@switchyard/conformance'
import { startRedisSentinel } from '@switchyard/services'
import { afterAll, describe, it } from 'vitest'
import { useRedis } from './backend.ts'

const sentinel = await startRedisSentinel()
afterAll(() => sentinel.stop())
useRedis({
  options: { sentinel: { name: sentinel.name, sentinelRootNodes: sentinel.sentinels } },
  ports: [sentinel.master.port],
})
await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  clock: 'real',
  variant: 'sentinel',
  randomRuns: 15,
  report: new URL('../.reports/conformance/', import.meta.url),
})
