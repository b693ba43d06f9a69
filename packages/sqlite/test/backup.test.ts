import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { backupSqlite } from '../src/index.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a backup under writes is the state of one moment, and replaces the old one', async () => {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'live.db'), join(folder, 'copy.db')]
  const state = await openState(from)
  await state.setMany(Array.from({ length: 2000 }, (_, i) => ({ key: `key${i}`, value: 'x'.repeat(500) })))
  let running = true
  let count = 0
  const writing = (async () => {
    while (running) {
      count++
      await state.transaction({
        operations: [
          { op: 'set', key: 'left', value: count },
          { op: 'set', key: 'right', value: count },
        ],
      })
    }
  })()
  for (let round = 0; round < 3; round++) {
    await backupSqlite({ from, to })
    const copy = await openState(to)
    const [left, right] = await copy.getMany(['left', 'right'])
    expect(left).toBe(right)
    expect(left).toBeGreaterThan(0)
    expect((await copy.stats()).keys).toBe(2002)
    // It is a state like any other, and says nothing of the files that it was copied over.
    await copy.set('left', 'written to the copy')
    await copy.close()
  }
  running = false
  await writing
  await state.close()
  expect(readdirSync(folder).toSorted()).toEqual(['copy.db', 'live.db'])
})

test('a backup has what is only in the log yet, also of a process that was killed', async () => {
  const folder = temporaryFolder()
  const [live, from, to] = [join(folder, 'live.db'), join(folder, 'killed.db'), join(folder, 'copy.db')]
  const state = await openState(live)
  await state.set('a', 1)
  // As a killed process leaves it: the log beside the file.
  copyFileSync(live, from)
  copyFileSync(`${live}-wal`, `${from}-wal`)
  await backupSqlite({ from, to })
  expect(await (await openState(to)).get('a')).toBe(1)
})

test('a backup of a large file lets the event loop turn', async () => {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'live.db'), join(folder, 'copy.db')]
  const state = await openState(from)
  for (let i = 0; i < 30; i++) await state.set(`key${i}`, 'x'.repeat(1_000_000))
  let turns = 0
  let copied = false
  const backup = backupSqlite({ from, to }).then(() => {
    copied = true
  })
  while (!copied) {
    turns++
    await new Promise(setImmediate)
  }
  await backup
  expect(turns).toBeGreaterThan(10)
  expect((await (await openState(to)).stats()).keys).toBe(30)
})

test('a backup that fails says why, and leaves what was there', async () => {
  const folder = temporaryFolder()
  const to = join(folder, 'copy.db')
  writeFileSync(to, 'the old one')
  await expect(backupSqlite({ from: join(folder, 'none.db'), to })).rejects.toEqual(
    expect.objectContaining({ code: 'UNAVAILABLE', message: expect.stringContaining('none.db') }),
  )
  expect(readdirSync(folder)).toEqual(['copy.db'])
  expect(readFileSync(to, 'utf8')).toBe('the old one')
})
