import { mergeConfig } from 'vitest/config'
import { testConfig } from '../../vitest.base.ts'

/** What a test has done at the end of its file hangs on a module, which each file needs for itself. */
export default mergeConfig(testConfig, { test: { isolate: true } })
