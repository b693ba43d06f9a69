import { conformance } from '@switchyard/conformance'
import { memory } from '@switchyard/memory'
import { afterAll, describe, it } from 'vitest'
import { servePlaces } from './places.ts'

const places = await servePlaces(() => ({ backends: { memory: memory() } }))
afterAll(() => places.close())

await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  clock: 'real',
  variant: 'least',
  name: 'remote (memory, least capabilities)',
  randomRuns: 15,
  report: new URL('../.reports/conformance/', import.meta.url),
})
