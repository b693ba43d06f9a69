// Run in a package, after tsup: the declarations, by the TypeScript compiler. It keeps the `.ts` of the sources' imports
// in them, so they are given the name that is in the tarball.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TSC = fileURLToPath(new URL('../node_modules/@typescript/native/bin/tsc', import.meta.url))
const RELATIVE_IMPORT = /(\b(?:from|import)\s*\(?\s*(['"])\.{1,2}\/[^'"\n]+)\.ts(?=\2)/g

const { status, error } = spawnSync(process.execPath, [TSC, '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
})
if (error !== undefined) throw error
if (status !== 0) process.exit(status ?? 1)

for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.d.ts')) continue
  const path = join('dist', file)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(RELATIVE_IMPORT, '$1.js'))
}
