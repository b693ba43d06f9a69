import { mergeConfig } from 'vitest/config'
import { testConfig } from '../../vitest.base.ts'

// Most of the time goes into waiting for Redis and for entries to expire.
export default mergeConfig(testConfig, { test: { maxWorkers: 4 } })
