import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './workspace.ts'

const LOCKFILES = [
  'pnpm-lock.yaml',
  'tools/toolchain/node/package-lock.json',
  'tools/toolchain/pnpm/package-lock.json',
]

test.each(LOCKFILES)('%s names no registry host', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8')
  expect(text).toContain('integrity')
  expect(text).not.toMatch(/tarball:|"resolved"|https?:\/\/[^\s"']*\.(tgz|tar\.gz)/)
})
