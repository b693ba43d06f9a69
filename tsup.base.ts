import { defineConfig, type Options } from 'tsup'

/** JavaScript only: the declarations come from the TypeScript compiler. */
export function packageConfig(options: Options = {}) {
  return defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'es2023',
    platform: 'node',
    sourcemap: true,
    clean: true,
    // node:sqlite has no name without the prefix.
    removeNodeProtocol: false,
    ...options,
  })
}
