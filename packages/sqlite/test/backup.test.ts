import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createState, type State } from '@switchyard/core'
import { expect, onTestFinished, test } from 'vitest'
import { backupSqlite, sqlite } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function open(path: string): Promise<State> {
  const state = await createState({ backends: { file: sqlite({ path }) }, cleanupInterval: false })
  onTestFinished(() => state.close())
  return state
}

test('a backup under writes is the state of one moment, and replaces the old one', async () => {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'live.db'), join(folder, 'copy.db')]
  const state = await open(from)
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
    const copy = await open(to)
    const [left, right] = await copy.getMany(['left', 'right'])
    expect(left).toBe(right)
    expect(left).toBeGreaterThan(0)
    expect((await copy.stats()).keys).toBe(2002)
    await copy.close()
  }
  running = false
  await writing
  expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([])
})

test('a backup that fails says why, and leaves what was there', async () => {
  const folder = temporaryFolder()
  const to = join(folder, 'copy.db')
  writeFileSync(to, 'the old one')
  await expect(backupSqlite({ from: join(folder, 'none.db'), to })).rejects.toEqual(
    expect.objectContaining({ code: 'UNAVAILABLE', message: expect.stringContaining('none.db') }),
  )
  expect(readdirSync(folder)).toEqual(['copy.db'])
})
