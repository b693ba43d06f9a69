import { mergeConfig } from 'vitest/config'
import { testConfig } from '../vitest.base.ts'

// What takes the longest here has nothing beside it, and waits for processes that it started.
export default mergeConfig(testConfig, { test: { maxWorkers: 2 } })
