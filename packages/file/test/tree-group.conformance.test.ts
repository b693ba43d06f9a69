import { conformance } from '@switchyard/conformance'
import { describe, it } from 'vitest'

await conformance({
  describe,
  it,
  module: new URL('./tree-backend.ts', import.meta.url),
  variant: 'group',
  report: new URL('../.reports/conformance/', import.meta.url),
})
