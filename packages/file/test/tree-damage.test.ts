import { cpSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isStateError } from '@switchyard/core'
import { expect, test } from 'vitest'
import { file } from '../src/index.ts'
import { numbers } from './numbers.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CASES = 500

test(`${CASES} files with flipped bits or cut off are refused or give what was written`, async () => {
  const folder = join(temporaryFolder(), 'state')
  const written = new Map<string, unknown>()
  const { state } = await openState(file({ path: folder, layout: 'tree', durability: 'none' }))
  for (let i = 0; i < 40; i++) {
    const value = [i, { count: i * 1001, text: 'abc'.repeat(i) }, `text ${i}`][i % 3]
    written.set(`key${i}`, value)
    await state.set(`key${i}`, value, i % 4 === 0 ? { ttl: '1d' } : {})
  }
  const entries = new Map<string, unknown>()
  for (const key of written.keys()) entries.set(key, await state.getEntry(key))
  await state.close()

  const next = numbers(11)
  const outcomes = { refused: 0, served: 0 }
  for (let i = 0; i < CASES; i++) {
    const copy = join(temporaryFolder(), 'state')
    cpSync(folder, copy, { recursive: true, preserveTimestamps: true })
    const shards = readdirSync(copy).filter((name) => name.length === 2)
    const shard = join(copy, shards[next(shards.length)] as string)
    const path = join(shard, readdirSync(shard)[0] as string)
    const { size, atime, mtime } = statSync(path)
    if (i % 5 === 0) truncateSync(path, next(size))
    else {
      const bytes = readFileSync(path)
      const at = next(size)
      bytes[at] = (bytes[at] as number) ^ (1 << next(8))
      writeFileSync(path, bytes)
    }
    // Damage does not change the time of a file; an edit does.
    utimesSync(path, atime, mtime)
    const { state: damaged, warnings } = await openState(file({ path: copy, layout: 'tree' }))
    let refused = 0
    for (const key of written.keys()) {
      try {
        expect(await damaged.getEntry(key)).toEqual(entries.get(key))
      } catch (error) {
        if (!isStateError(error, 'CORRUPT')) throw error
        expect(error.message).toContain(`'${path}' is `)
        refused++
      }
    }
    expect(warnings).toHaveLength(refused)
    outcomes[refused > 0 ? 'refused' : 'served']++
    await damaged.close()
  }
  expect(outcomes.refused).toBeGreaterThan(CASES * 0.9)
}, 300_000)
