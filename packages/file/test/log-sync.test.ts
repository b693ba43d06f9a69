import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { file } from '../src/index.ts'
import { createQuickSync } from '../src/log/quick-sync.ts'
import type { Segment } from '../src/log/segment.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Lets every sync fail until it is called; the others are as they were. */
function breakDisk(): () => void {
  const { fdatasync, fdatasyncSync } = fs
  const eio = (): Error => Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  fs.fdatasyncSync = () => {
    throw eio()
  }
  fs.fdatasync = Object.assign((_: number, done: (error: Error) => void) => done(eio()), fdatasync)
  syncBuiltinESMExports()
  return () => {
    Object.assign(fs, { fdatasync, fdatasyncSync })
    syncBuiltinESMExports()
  }
}

test.each([1, 2])(
  'a sync that fails leaves its write unknown and takes no more of them (sync %i)',
  async (nth) => {
    const path = join(temporaryFolder(), 'state')
    const { state } = await openState(file({ path }))
    // The first is that of a file that has grown, which goes to a thread.
    for (let i = 1; i < nth; i++) await state.set(`key${i}`, i)
    const mend = breakDisk()
    onTestFinished(mend)
    await expect(state.set('key', 'lost')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    mend()
    await expect(state.set('key', 'later')).rejects.toMatchObject({ code: 'READ_ONLY' })
    expect(await state.get('key')).toBeUndefined()
  },
)

test.each(['none', 'group'] as const)(
  "the event loop has its turns while many write, with durability '%s'",
  async (durability) => {
    const { state } = await openState(file({ path: join(temporaryFolder(), 'state'), durability }))
    let turns = 0
    let writes = 0
    const timer = setInterval(() => void turns++, 1)
    const write = async (): Promise<void> => {
      while (turns < 5 && writes < 100_000) await state.set(`key${writes++ % 100}`, writes)
    }
    await Promise.all(Array.from({ length: 64 }, write))
    clearInterval(timer)
    expect(turns).toBeGreaterThanOrEqual(5)
  },
)

test('syncs go to a thread once one was slow, and it is looked now and then whether they still are', () => {
  let now = 0
  let tookMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const segment = {
    hasGrown: false,
    syncNow() {
      now += tookMs
    },
    sync: () => Promise.resolve(),
  } as Segment
  const quickSync = createQuickSync()
  const syncs = (count: number): string =>
    Array.from({ length: count }, () => (quickSync(segment) === undefined ? '.' : 't')).join('')

  tookMs = 0.2
  expect(syncs(4)).toBe('....')
  tookMs = 3
  expect(syncs(18)).toBe(`.${'t'.repeat(16)}.`)
  expect(syncs(33)).toBe(`${'t'.repeat(32)}.`)
  tookMs = 0.2
  expect(syncs(66)).toBe(`${'t'.repeat(64)}..`)
  tookMs = 3
  expect(syncs(18)).toBe(`.${'t'.repeat(16)}.`)
  vi.restoreAllMocks()
})
