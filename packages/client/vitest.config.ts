import { mergeConfig } from 'vitest/config'
import { testConfig } from '../../vitest.base.ts'

// Most of the time goes into waiting for entries to expire and for processes.
export default mergeConfig(testConfig, { test: { maxWorkers: 3 } })
