import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isStraceWanted, type SystemCall, systemCalls } from '@switchyard/services'
import { describe, expect, onTestFinished, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../switching/one-commit.ts', import.meta.url))
const NAMES = ['write', 'pwrite64', 'writev', 'fsync', 'fdatasync', 'rename', 'renameat', 'renameat2']

describe.runIf(isStraceWanted())('before a switch is recorded', () => {
  test('the journal is written under another name, synced, renamed, and its folder synced', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-journal-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const calls = await systemCalls(PROGRAM, [join(folder, 'journal.json')], NAMES)
    const find = (pattern: RegExp): SystemCall => {
      const found = calls.find(({ text }) => pattern.test(text))
      if (found === undefined)
        throw new Error(`no ${pattern} among\n${calls.map(({ text }) => text).join('\n')}`)
      return found
    }
    const write = find(/^p?write.*\/\.new-journal\.json-.*the other one/)
    const sync = find(/^fsync\(.*\/\.new-journal\.json-/)
    const rename = find(/^rename.*\/\.new-journal\.json-.*\/journal\.json"/)
    const syncFolder = find(new RegExp(`^fsync\\(.*/${basename(folder)}>`))
    expect(sync.began).toBeGreaterThan(write.ended)
    expect(rename.began).toBeGreaterThan(sync.ended)
    expect(syncFolder.began).toBeGreaterThan(rename.ended)
    expect(find(/"recorded/).began).toBeGreaterThan(syncFolder.ended)
  })
})
