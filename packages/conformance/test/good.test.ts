import { describe, it } from 'vitest'
import { conformance } from '../src/index.ts'
import { GOOD_STORES } from './good-stores.ts'

const module = new URL('./backend.ts', import.meta.url)

for (const [variant, { areas }] of Object.entries(GOOD_STORES)) {
  await conformance({ describe, it, module, variant, randomRuns: 15, ...(areas ? { only: { areas } } : {}) })
}
