import { conformance } from '@switchyard/conformance'
import { startRedisCluster } from '@switchyard/services'
import { afterAll, describe, it } from 'vitest'
import { useRedis } from './backend.ts'

const cluster = await startRedisCluster()
afterAll(() => cluster.stop())
useRedis({
  options: { cluster: { rootNodes: cluster.urls.map((url) => ({ url })) } },
  ports: cluster.nodes.map(({ port }) => port),
})
await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  clock: 'real',
  variant: 'cluster',
  randomRuns: 15,
  report: new URL('../.reports/conformance/', import.meta.url),
})
