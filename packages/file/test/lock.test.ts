import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { file } from '../src/index.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a folder that another process has open is LOCKED, and free when that is killed', async () => {
  const path = join(temporaryFolder(), 'state')
  const writer = spawn(process.execPath, [
    '--no-warnings',
    fileURLToPath(new URL('writer.ts', import.meta.url)),
    path,
    'log',
    'none',
    '0',
  ])
  await once(writer.stdout, 'data')
  await expect(openState(file({ path }))).rejects.toMatchObject({
    code: 'LOCKED',
    retryable: true,
    message: expect.stringContaining(`process ${writer.pid}`),
  })
  writer.kill('SIGKILL')
  await once(writer, 'close')
  const { state } = await openState(file({ path }))
  expect((await state.stats()).keys).toBeGreaterThan(0)
})

test('a folder that this process has open is LOCKED as well', async () => {
  const path = join(temporaryFolder(), 'state')
  const { state } = await openState(file({ path }))
  await expect(openState(file({ path }))).rejects.toMatchObject({ code: 'LOCKED' })
  await state.close()
  await openState(file({ path }))
})
