import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

test('a file that another program cuts off while it is open does not end the process', () => {
  const script = fileURLToPath(new URL('cut-off.ts', import.meta.url))
  const args = ['--no-warnings', script, join(temporaryFolder(), 'state.db')]
  const { signal, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ signal, code: stdout.trim() }).toEqual({ signal: null, code: 'CORRUPT' })
})
