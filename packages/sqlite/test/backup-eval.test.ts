import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a backup can be made by a program that was given on the command line', async () => {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'live.db'), join(folder, 'copy.db')]
  const state = await openState(from)
  await state.set('a', 1)
  const program = `
    import { backupSqlite } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    await backupSqlite(${JSON.stringify({ from, to })})
  `
  const args = ['--no-warnings', '--input-type=module', '--eval', program]
  expect(spawnSync(process.execPath, args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  expect(await (await openState(to)).get('a')).toBe(1)
})
