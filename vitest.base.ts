import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const SOURCE = '@switchyard/source'

/** Tests read the packages' sources, and so do the processes that they start. */
export const testConfig: ViteUserConfig = defineConfig({
  resolve: { conditions: [SOURCE, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
  test: {
    include: ['test/**/*.test.ts'],
    env: { NODE_OPTIONS: `--conditions=${SOURCE}` },
    reporters: ['default', 'json'],
    outputFile: { json: '.reports/vitest.json' },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
