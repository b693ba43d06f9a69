import { conformance } from '@switchyard/conformance'
import { describe, it } from 'vitest'

await conformance({
  describe,
  it,
  module: new URL('./backend.ts', import.meta.url),
  variant: 'log-group',
  report: new URL('../.reports/conformance/', import.meta.url),
})
