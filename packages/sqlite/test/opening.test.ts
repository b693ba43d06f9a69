import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openState } from './open-state.ts'
import { startPeers } from './start-peer.ts'
import { temporaryFolder } from './temporary-folder.ts'

const FILES = 20

test(`6 processes that make ${FILES} files, all of them at the same moment, have every one`, async () => {
  const folder = temporaryFolder()
  const peers = startPeers(6)
  await Promise.all(peers.map((peer) => peer.tell({ op: 'unlock' })))
  for (let i = 0; i < FILES; i++) {
    const path = join(folder, `${i}`, 'state.db')
    await Promise.all(peers.map((peer) => peer.tell({ op: 'open', path })))
    await Promise.all(peers.map((peer, by) => peer.tell({ op: 'set', keys: [`of${by}`], value: `${by}` })))
    const state = await openState(path)
    expect(await state.getMany(peers.map((_, by) => `of${by}`))).toEqual(peers.map((_, by) => `${by}`))
    await state.close()
  }
})

test('a file that another process makes while it is opened is ours', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const made = join(temporaryFolder(), 'made.db')
  await (await openState(made)).close()
  const like = new DatabaseSync(made, { readOnly: true })
  const schema = like
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index'")
    .all()
  like.close()

  const { prepare } = DatabaseSync.prototype
  let isMade = false
  const spy = vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (
    this: DatabaseSync,
    ...args: Parameters<DatabaseSync['prepare']>
  ) {
    // The other process comes in between two things that we ask.
    if (args[0].includes('sqlite_schema') && !isMade) {
      isMade = true
      const other = new DatabaseSync(path)
      try {
        other.exec(`BEGIN IMMEDIATE; ${schema.map(({ sql }) => String(sql)).join('; ')};
          PRAGMA application_id = ${0x53575944}; PRAGMA user_version = 2; COMMIT`)
      } catch (error) {
        // It has to wait for us, which is as good.
        expect(String(error)).toContain('locked')
      } finally {
        other.close()
      }
    }
    return prepare.apply(this, args)
  })
  onTestFinished(() => spy.mockRestore())
  const state = await openState(path)
  spy.mockRestore()
  expect(isMade).toBe(true)
  await state.set('a', 1)
  expect(await state.get('a')).toBe(1)
})
