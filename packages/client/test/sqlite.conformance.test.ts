import { conformance } from '@switchyard/conformance'
import { afterAll, describe, it } from 'vitest'
import { servePlaces } from './places.ts'

const places = await servePlaces(() => ({}))
afterAll(() => places.close())

await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  clock: 'real',
  variant: 'sqlite',
  randomRuns: 15,
  report: new URL('../.reports/conformance/', import.meta.url),
})
