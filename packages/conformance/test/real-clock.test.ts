import { describe, it } from 'vitest'
import { conformance } from '../src/index.ts'

await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  variant: 'minimal',
  clock: 'real',
  randomRuns: 10,
  only: { areas: ['ttl', 'maintenance', 'random'], titles: /expire|clean|Map/ },
})
