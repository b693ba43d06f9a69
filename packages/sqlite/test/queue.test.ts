import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@switchyard/core'
import { expect, onTestFinished, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { openState } from './open-state.ts'
import { smallDisk } from './small-disk.ts'
import { temporaryFolder } from './temporary-folder.ts'

const codeOf = (reason: unknown): string => (reason as { code?: string }).code ?? String(reason)

test('a write that waits too long for another process is LOCKED, also while others read', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path, { busyTimeoutMs: 300 })
  const other = new DatabaseSync(path)
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  let outcome = 'waits'
  const write = state.set('a', 1).then(
    () => {
      outcome = 'written'
    },
    (reason: unknown) => {
      outcome = codeOf(reason)
    },
  )
  // Ten times what it may wait.
  const deadline = performance.now() + 3000
  while (outcome === 'waits' && performance.now() < deadline) {
    await state.get('b')
    await new Promise(setImmediate)
  }
  const found = outcome
  other.exec('ROLLBACK')
  await write
  expect(found).toBe('LOCKED')
})

test.each(['normal', 'full'] as const)(
  'every write that meets a full disk is settled, with durability %s',
  async (durability) => {
    const path = join(smallDisk('2m'), 'state.db')
    const store = await openStore(sqlite({ path, durability }))
    onTestFinished(() => store.close())
    const value = new Uint8Array(100_000)
    let settled = 0
    const writes = Array.from({ length: 200 }, async (_, i) => {
      try {
        await store.set(`key${i}`, { value, version: 'v' })
        return 'written'
      } catch (error) {
        return codeOf(error)
      } finally {
        settled++
      }
    })
    for (let i = 0; i < 500 && settled < 200; i++) await sleep(5)
    expect(settled).toBe(200)
    expect(new Set(await Promise.all(writes))).toEqual(new Set(['written', 'FULL']))
  },
)
