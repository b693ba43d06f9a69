import { mergeConfig } from 'vitest/config'
import { testConfig } from '../../vitest.base.ts'

/** A test starts up to thirty processes, one after the other. */
export default mergeConfig(testConfig, { test: { testTimeout: 180_000 } })
