import { conformance } from '@switchyard/conformance'
import { describe, it } from 'vitest'

await conformance({
  describe,
  it,
  module: new URL('./sqlite-backend.ts', import.meta.url),
  clock: 'real',
  variant: '@keyv/sqlite',
  randomRuns: 15,
  report: new URL('../.reports/conformance/', import.meta.url),
})
