import { mergeConfig } from 'vitest/config'
import { testConfig } from '../../vitest.base.ts'

// Each file has a browser and a server of its own, and a machine has few processors.
export default mergeConfig(testConfig, {
  test: { maxWorkers: 1, testTimeout: 240_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } },
})
