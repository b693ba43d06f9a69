import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStore } from '@switchyard/core'
import { expect, onTestFinished, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a file below something that is no folder is UNAVAILABLE', async () => {
  const path = join(temporaryFolder(), 'plain')
  writeFileSync(path, 'no folder')
  await expect(openStore(sqlite({ path: join(path, 'state.db') }))).rejects.toEqual(
    expect.objectContaining({ code: 'UNAVAILABLE' }),
  )
})

test('a file whose folder cannot be made is UNAVAILABLE or READ_ONLY', () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o555)
  onTestFinished(() => chmodSync(folder, 0o755))
  const script = fileURLToPath(new URL('open-as-nobody.ts', import.meta.url))
  const args = ['--no-warnings', script, join(folder, 'deeper', 'state.db')]
  const code = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim()
  expect(['UNAVAILABLE', 'READ_ONLY']).toContain(code)
})
