import { describe, it } from 'node:test'
import { conformance } from '../src/index.ts'

await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  variant: 'minimal',
  only: { areas: ['versions', 'processes'] },
})
