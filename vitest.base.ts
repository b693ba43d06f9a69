import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const SOURCE = '@switchyard/source'
/** The sources as the processes run them: each new one would take off their types and compile them again. */
const COMPILED = fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

/** Tests read the packages' sources, and so do the processes that they start. */
export const testConfig: ViteUserConfig = defineConfig({
  resolve: { conditions: [SOURCE, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
  test: {
    include: ['test/**/*.test.ts'],
    env: { NODE_OPTIONS: `--conditions=${SOURCE}`, NODE_COMPILE_CACHE: COMPILED },
    // Files share the modules that they import, which otherwise take longer than their tests.
    isolate: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.reports/vitest.json' },
    // What is waited for comes at once, but not on a machine that is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
