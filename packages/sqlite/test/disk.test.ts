import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@switchyard/core'
import { expect, onTestFinished, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { openState } from './open-state.ts'
import { smallDisk } from './small-disk.ts'
import { temporaryFolder } from './temporary-folder.ts'

const withCode = (code: string) => expect.objectContaining({ code })

test('a new file on a full disk is FULL', async () => {
  const folder = smallDisk('64k')
  expect(() => writeFileSync(join(folder, 'ballast'), new Uint8Array(100_000))).toThrow('ENOSPC')
  await expect(openStore(sqlite({ path: join(folder, 'state.db') }))).rejects.toEqual(withCode('FULL'))
})

test('a transaction too large for the disk is FULL, and has changed nothing', async () => {
  const state = await openState(join(smallDisk('2m'), 'state.db'))
  await state.set('a', 1)
  const value = 'x'.repeat(1_000_000)
  const operations = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ op: 'set', key, value }) as const)
  const error: unknown = await state.transaction({ operations }).catch((reason: unknown) => reason)
  expect(await state.get('a')).toBe(1)
  expect(error).toEqual(withCode('FULL'))
})

test('a batch too large for the disk is FULL, and has changed only what it does not name', async () => {
  const state = await openState(join(smallDisk('2m'), 'state.db'))
  const value = 'x'.repeat(1_000_000)
  const keys = ['a', 'b', 'c', 'd', 'e', 'f']
  const error: unknown = await state
    .setMany(keys.map((key) => ({ key, value })))
    .catch((reason: unknown) => reason)
  expect(error).toEqual(withCode('FULL'))
  const { notApplied = keys } = error as { notApplied?: readonly string[] }
  const found = await state.getMany(keys)
  expect(keys.filter((_, i) => found[i] === undefined)).toEqual(notApplied)
})

test('a batch that meets a damaged page is CORRUPT', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path)
  await state.setMany(Array.from({ length: 2000 }, (_, i) => ({ key: `key${i}`, value: 'x'.repeat(100) })))
  await state.close()
  const bytes = readFileSync(path)
  for (let page = 1; page < bytes.length / 4096; page++) bytes.fill(0xff, page * 4096, page * 4096 + 64)
  writeFileSync(path, bytes)
  const store = await openStore(sqlite({ path }))
  onTestFinished(() => store.close())
  const set = (key: string) =>
    ({ op: 'set', key, entry: { value: new Uint8Array(1), version: 'v' } }) as const
  const operations = [set('key1'), set('key2')]
  const codes: unknown[] = []
  for (const atomic of [true, false]) {
    await store.write({ operations, atomic }).catch((reason: { code: string }) => codes.push(reason.code))
  }
  expect(codes).toEqual(['CORRUPT', 'CORRUPT'])
})

test('optimize makes the file on the disk smaller', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path)
  for (let i = 0; i < 5; i++) {
    await state.setMany(
      Array.from({ length: 1000 }, (_, j) => ({ key: `key${i}-${j}`, value: 'x'.repeat(4000) })),
    )
  }
  await state.clear()
  const onDisk = (): number => statSync(path).size + statSync(`${path}-wal`).size
  const before = onDisk()
  const { bytesAfter } = await state.optimize()
  expect(bytesAfter).toBeLessThan(1_000_000)
  expect(onDisk()).toBeLessThan(before / 2)
})
