import { configDefaults, mergeConfig } from 'vitest/config'
import { testConfig } from '../../vitest.base.ts'

const leftOut =
  process.env['SWITCHYARD_WITHOUT_REDIS'] === '1' ? ['test/!(errors|options|record).test.ts'] : []

// Most of the time goes into waiting for Redis and for entries to expire.
export default mergeConfig(testConfig, {
  test: { maxWorkers: 4, exclude: [...configDefaults.exclude, ...leftOut] },
})
