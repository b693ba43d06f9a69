import { configDefaults, mergeConfig } from 'vitest/config'
import { testConfig } from '../../vitest.base.ts'

const leftOut = process.env['SWITCHYARD_WITHOUT_REDIS'] === '1' ? ['test/redis.*.test.ts'] : []

export default mergeConfig(testConfig, {
  test: { exclude: [...configDefaults.exclude, ...leftOut] },
})
