import { describe, it } from 'vitest'
import { conformance } from '../src/index.ts'
import { GOOD_STORES } from './good-stores.ts'

const module = new URL('./backend.ts', import.meta.url)

for (const variant of Object.keys(GOOD_STORES))
  await conformance({ describe, it, module, variant, randomRuns: 15 })

await conformance({
  describe,
  it,
  module,
  variant: 'minimal',
  name: 'minimal by the real clock',
  clock: 'real',
  randomRuns: 10,
})
