import { conformance } from '@switchyard/conformance'
import { describe, it } from 'vitest'

await conformance({
  describe,
  it,
  module: new URL('./map-backend.ts', import.meta.url),
  variant: 'map',
  report: new URL('../.reports/conformance/', import.meta.url),
})
