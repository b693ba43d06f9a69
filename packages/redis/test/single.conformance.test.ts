import { conformance } from '@switchyard/conformance'
import { startRedis } from '@switchyard/services'
import { afterAll, describe, it } from 'vitest'
import { useRedis } from './backend.ts'

const server = await startRedis()
afterAll(() => server.stop())
useRedis({ options: { url: server.url }, ports: [server.port] })
await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  clock: 'real',
  variant: 'single',
  report: new URL('../.reports/conformance/', import.meta.url),
})
