import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { backupSqlite } from '../src/index.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('two backups to one place at the same moment both succeed', async () => {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'live.db'), join(folder, 'copy.db')]
  const state = await openState(from)
  await state.set('a', 1)
  await Promise.all([backupSqlite({ from, to }), backupSqlite({ from, to })])
  expect(await (await openState(to)).get('a')).toBe(1)
  expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([])
})

test('a backup over a file whose process was killed holds what was backed up', async () => {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'live.db'), join(folder, 'copy.db')]
  // A killed process leaves its log beside the file.
  const killed = join(folder, 'killed.db')
  const old = await openState(killed)
  await old.setMany(Array.from({ length: 50 }, (_, i) => ({ key: `old${i}`, value: 'x'.repeat(500) })))
  copyFileSync(killed, to)
  copyFileSync(`${killed}-wal`, `${to}-wal`)

  const state = await openState(from)
  await state.setMany(Array.from({ length: 1000 }, (_, i) => ({ key: `new${i}`, value: i })))
  await backupSqlite({ from, to })
  const copy = await openState(to)
  expect((await copy.keys({ prefix: 'old' }).page()).items).toEqual([])
  expect((await copy.stats()).keys).toBe(1000)
})

test('a backup onto the file itself is refused, and the file stays', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path)
  await state.set('a', 1)
  await expect(backupSqlite({ from: path, to: path })).rejects.toThrow()
  expect(await state.backends.health()).toMatchObject({ healthy: true })
})
