import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Backend, createState, type State } from '@switchyard/core'
import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { backup, checkBackup, createBackupWriter, restore } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const BACKENDS: Readonly<Record<string, (folder: string) => Backend>> = {
  memory: () => memory(),
  file: (folder) => file({ path: join(folder, 'state') }),
  tree: (folder) => file({ path: join(folder, 'tree'), layout: 'tree' }),
  sqlite: (folder) => sqlite({ path: join(folder, 'state.db') }),
}
const NAMES = Object.keys(BACKENDS)

async function opened(name: string): Promise<State> {
  const backend = BACKENDS[name]?.(temporaryFolder()) as Backend
  const state = await createState({ backends: { [name]: backend }, cleanupInterval: false })
  onTestFinished(() => state.close())
  return state
}

describe.each(NAMES)('a backup of %s', (from) => {
  test.each(NAMES)('is the same in %s', async (to) => {
    const [source, target] = [await opened(from), await opened(to)]
    for (let i = 0; i < 300; i++) await source.set(`key${i}`, { i }, i % 3 === 0 ? { ttl: '1h' } : {})
    const path = join(temporaryFolder(), 'backup')
    const info = await backup(path, source)
    expect(info).toMatchObject({ records: 300, source: from, encrypted: false })
    expect(await restore(path, target)).toMatchObject({ records: 300, expired: 0 })
    const keys = Array.from({ length: 300 }, (_, i) => `key${i}`)
    expect(await target.getManyEntries(keys)).toEqual(await source.getManyEntries(keys))
  })
})

test('a backup that is made while everything is written to is one moment of it', async () => {
  const source = await opened('memory')
  for (let i = 0; i < 5000; i++) await source.set(`key${i}`, 'x'.repeat(200))
  let stop = false
  const writer = (async () => {
    for (let i = 1; !stop; i++) {
      await source.set('one', i)
      await nextTurn()
      await source.set('two', i)
      await source.delete(`key${i}`)
    }
  })()
  const path = join(temporaryFolder(), 'backup')
  await backup(path, source, { key: 'secret' })
  stop = true
  await writer
  const target = await opened('sqlite')
  await restore(path, target, { key: 'secret' })
  const [one = 0, two = 0] = await target.getMany<number>(['one', 'two'])
  expect([0, 1]).toContain(one - two)
  expect(two).toBeGreaterThan(0)
  const left = (await target.stats()).keys - 2
  // One key less with each step, as long as there are any.
  expect([Math.max(5000 - two, 1), Math.max(5000 - two + 1, 1)]).toContain(left)
})

test('what has expired since is not restored, nor what it had replaced', async () => {
  const path = join(temporaryFolder(), 'backup')
  const writer = await createBackupWriter(path)
  const entry = { value: Buffer.from('1'), version: 'v1' }
  await writer.write([
    { op: 'set', key: 'a', entry },
    { op: 'set', key: 'a', entry: { ...entry, version: 'v2', expiresAt: Date.now() - 1000 } },
    { op: 'set', key: 'b', entry },
  ])
  await writer.finish()
  const state = await opened('memory')
  expect(await restore(path, state)).toMatchObject({ records: 3, expired: 1 })
  expect((await state.keys().page()).items).toEqual(['b'])
})

test('nothing is changed by a backup that cannot be restored', async () => {
  const state = await opened('memory')
  await state.set('key', 1)
  const folder = temporaryFolder()
  const path = join(folder, 'backup')
  await backup(path, state)
  await expect(restore(path, state)).rejects.toMatchObject({ code: 'CONFLICT' })
  const { truncateSync, statSync } = await import('node:fs')
  truncateSync(path, statSync(path).size - 1)
  await expect(restore(path, state, { mode: 'replace' })).rejects.toMatchObject({ code: 'CORRUPT' })
  expect(await state.get('key')).toBe(1)

  const small = await createState({ backends: { tree: BACKENDS['tree']?.(temporaryFolder()) as Backend } })
  onTestFinished(() => small.close())
  await small.set('key', 2)
  const large = join(folder, 'large')
  const writer = await createBackupWriter(large)
  await writer.write([{ op: 'set', key: 'large', entry: { value: Buffer.alloc(17_000_000), version: 'v' } }])
  await writer.finish()
  await expect(restore(large, small, { mode: 'replace' })).rejects.toMatchObject({
    code: 'INCOMPATIBLE',
    key: 'large',
  })
  expect(await small.get('key')).toBe(2)
})

test('a backup that is given up, or fails, leaves no file', async () => {
  const state = await opened('memory')
  for (let i = 0; i < 5000; i++) await state.set(`key${i}`, 'x'.repeat(100))
  const folder = temporaryFolder()
  const stop = new AbortController()
  await expect(
    backup(join(folder, 'backup'), state, { signal: stop.signal, onProgress: () => stop.abort() }),
  ).rejects.toMatchObject({ code: 'ABORTED' })
  await expect(backup(join(folder, 'none', 'backup'), state)).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
  })
  expect(readdirSync(folder)).toEqual([])
  await backup(join(folder, 'backup'), state)
  expect((await checkBackup(join(folder, 'backup'))).records).toBe(5000)
})
