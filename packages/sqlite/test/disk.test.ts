import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@switchyard/core'
import { describe, expect, test } from 'vitest'
import { backupSqlite, sqlite } from '../src/index.ts'
import { openState } from './open-state.ts'
import { smallDisk } from './small-disk.ts'

const withCode = (code: string) => expect.objectContaining({ code })
const value = 'x'.repeat(10_000)
const huge = 'x'.repeat(1_000_000)

describe('on a full disk', () => {
  test.each(['normal', 'full'] as const)(
    "a write is FULL, and all that was acknowledged is kept, with durability '%s'",
    async (durability) => {
      const path = join(smallDisk('2m'), 'state.db')
      const state = await openState(path, { durability })
      const acknowledged: string[] = []
      const fillUp = async (): Promise<void> => {
        for (let i = 0; ; i++) {
          await state.set(`key${i}`, value)
          acknowledged.push(`key${i}`)
        }
      }
      await expect(fillUp()).rejects.toEqual(withCode('FULL'))
      expect(acknowledged.length).toBeGreaterThan(10)
      const values = acknowledged.map(() => value)
      expect(await state.getMany(acknowledged)).toEqual(values)
      await state.close()
      const again = await openState(path, { durability })
      expect(await again.getMany(acknowledged)).toEqual(values)
    },
  )

  test('a write that failed was not done, and is done once there is room', async () => {
    const folder = smallDisk('2m')
    const state = await openState(join(folder, 'state.db'))
    await state.set('a', 'old')
    const ballast = join(folder, 'ballast')
    expect(() => writeFileSync(ballast, new Uint8Array(4_000_000))).toThrow('ENOSPC')
    await expect(state.set('a', value.repeat(10))).rejects.toEqual(withCode('FULL'))
    expect(await state.get('a')).toBe('old')
    rmSync(ballast)
    await state.set('a', value.repeat(10))
    expect(await state.get('a')).toBe(value.repeat(10))
  })

  test('a transaction larger than the disk is FULL, and has changed nothing', async () => {
    const state = await openState(join(smallDisk('2m'), 'state.db'))
    await state.set('a', 1)
    const operations = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ op: 'set', key, value: huge }) as const)
    await expect(state.transaction({ operations })).rejects.toEqual(withCode('FULL'))
    expect(await state.getMany(['a', 'b', 'c', 'd', 'e', 'f'])).toEqual([1, ...Array(5).fill(undefined)])
  })

  test('a batch larger than the disk is FULL, and has changed only what it does not name', async () => {
    const state = await openState(join(smallDisk('2m'), 'state.db'))
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    const batch = keys.map((key) => ({ key, value: huge }))
    const error: unknown = await state.setMany(batch).catch((reason: unknown) => reason)
    expect(error).toEqual(withCode('FULL'))
    const { notApplied = keys } = error as { notApplied?: readonly string[] }
    const found = await state.getMany(keys)
    expect(keys.filter((_, i) => found[i] === undefined)).toEqual(notApplied)
  })

  test('a new file is FULL', async () => {
    const folder = smallDisk('64k')
    expect(() => writeFileSync(join(folder, 'ballast'), new Uint8Array(100_000))).toThrow('ENOSPC')
    await expect(openStore(sqlite({ path: join(folder, 'state.db') }))).rejects.toEqual(withCode('FULL'))
  })

  test('a backup is FULL, and leaves the old one and nothing else', async () => {
    const folder = smallDisk('2m')
    const to = join(folder, 'copy.db')
    writeFileSync(to, 'the old one')
    const from = join(smallDisk('16m'), 'state.db')
    const state = await openState(from)
    for (let i = 0; i < 4; i++) await state.set(`key${i}`, huge)
    await expect(backupSqlite({ from, to })).rejects.toEqual(withCode('FULL'))
    expect(readFileSync(to, 'utf8')).toBe('the old one')
    expect(readdirSync(folder)).toEqual(['copy.db'])
    expect(existsSync(from)).toBe(true)
  })
})
