import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isStateError, openStore } from '@switchyard/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { countCommits } from './count-commits.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

const withCode = (code: string) => expect.objectContaining({ code })

describe('writes of one turn', () => {
  test('share a commit, and those that are waited for one by one do not', async () => {
    const path = join(temporaryFolder(), 'state.db')
    const state = await openState(path, { durability: 'full' })
    const atFirst = countCommits(path)
    for (let i = 0; i < 10; i++) await state.set('alone', i)
    expect(countCommits(path)).toBe(atFirst + 10)
    await Promise.all(Array.from({ length: 100 }, (_, i) => state.set(`key${i}`, i)))
    // One, unless the machine stands still meanwhile.
    expect(countCommits(path)).toBeLessThan(atFirst + 10 + 10)
    expect((await state.stats()).keys).toBe(101)
  })

  test('share a commit also where some of them fail, and those fail alone', async () => {
    const path = join(temporaryFolder(), 'state.db')
    const store = await openStore(sqlite({ path, durability: 'full' }))
    onTestFinished(() => store.close())
    const entry = (text: string, version: string) => ({ value: Buffer.from(text), version })
    await store.set('text', entry('"x"', 'v0'))
    const atFirst = countCommits(path)
    const increment = (key: string) => ({ op: 'increment', key, by: 1, version: 'i' }) as const
    const set = (key: string) => ({ op: 'set', key, entry: entry('1', key) }) as const
    const groups = Array.from({ length: 20 }, () => [
      store.write({ operations: [increment('count')] }),
      store.set('text', entry('2', 'v1'), { ifVersion: 'another' }),
      store.write({ operations: [increment('text')] }),
      store.write({ operations: [set('half'), increment('text'), set('half too')], atomic: true }),
      store.write({ operations: [set('half')], checks: [{ key: 'none', version: 'v' }], atomic: true }),
      store.delete('text', { ifVersion: 'another' }),
      store.write({ operations: [increment('count too')] }),
    ])
    const results = await Promise.allSettled(groups.flat())
    expect(countCommits(path)).toBeLessThan(atFirst + 10)
    const codes = ['done', 'CONFLICT', 'INVALID_VALUE', 'INVALID_VALUE', 'CONFLICT', 'CONFLICT', 'done']
    expect(results.map((result) => (result.status === 'rejected' ? result.reason.code : 'done'))).toEqual(
      groups.flatMap(() => codes),
    )
    const found = (await Array.fromAsync(store.list())).flat()
    expect(found.map(({ key, entry: { value } = entry('', '') }) => `${key} ${Buffer.from(value)}`)).toEqual([
      'count 20',
      'count too 20',
      'text "x"',
    ])
  })

  test('fail each for itself', async () => {
    const state = await openState(join(temporaryFolder(), 'state.db'))
    await state.set('text', 'no number')
    const results = await Promise.allSettled([
      state.set('a', 1),
      state.set('text', 2, { ifAbsent: true }),
      state.increment('text'),
      state.transaction({
        operations: [
          { op: 'set', key: 'b', value: 1 },
          { op: 'increment', key: 'text' },
        ],
      }),
      state.set('c', 3),
    ])
    const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'done'))
    expect(codes).toEqual(['done', 'CONFLICT', 'INVALID_VALUE', 'INVALID_VALUE', 'done'])
    expect(await state.getMany(['a', 'b', 'c', 'text'])).toEqual([1, undefined, 3, 'no number'])
  })

  test('of a batch that is not atomic: a failure names what was not applied', async () => {
    const store = await openStore(sqlite({ path: join(temporaryFolder(), 'state.db') }))
    onTestFinished(() => store.close())
    const set = (key: string, text: string) =>
      ({ op: 'set', key, entry: { value: Buffer.from(text), version: key } }) as const
    const operations = [
      set('a', '1'),
      set('text', '"x"'),
      { op: 'increment', key: 'text', by: 1, version: 'i' },
      set('z', '1'),
    ] as const
    const error: unknown = await store.write({ operations }).catch((reason: unknown) => reason)
    expect(isStateError(error, 'INVALID_VALUE') && error.notApplied).toEqual(['text', 'z'])
    expect((await store.getMany(['a', 'text', 'z'])).map((entry) => entry?.version)).toEqual([
      'a',
      'text',
      undefined,
    ])
  })
})

describe('close', () => {
  test('settles the writes that wait, and keeps them in one file', async () => {
    const path = join(temporaryFolder(), 'state.db')
    const store = await openStore(sqlite({ path }))
    const entry = { value: new Uint8Array(2000), version: 'v' }
    const writes = Array.from({ length: 2000 }, async (_, i) => {
      if (i % 10 === 9) return store.delete(`key${i - 1}`)
      return store.set(`key${i}`, entry)
    })
    await store.close()
    const settled = await Promise.allSettled(writes)
    expect(settled.filter(({ status }) => status === 'rejected')).toEqual([])
    expect(existsSync(`${path}-wal`)).toBe(false)
    const again = await openStore(sqlite({ path }))
    onTestFinished(() => again.close())
    expect((await again.stats()).keys).toBe(1600)
  })

  test('leaves the file open for the others that have it', async () => {
    const path = join(temporaryFolder(), 'state.db')
    const first = await openState(path)
    const second = await openState(path)
    await first.set('a', 1)
    await first.close()
    await second.set('b', 2)
    expect(await second.getMany(['a', 'b'])).toEqual([1, 2])
    await second.close()
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  test('makes every later call CLOSED, and may be called again', async () => {
    const store = await openStore(sqlite({ path: join(temporaryFolder(), 'state.db') }))
    await Promise.all([store.close(), store.close()])
    await store.close()
    await expect((async () => store.get('a'))()).rejects.toEqual(withCode('CLOSED'))
    await expect(store.stats()).rejects.toEqual(withCode('CLOSED'))
  })
})

test('the event loop turns while 64 callers read and write', async () => {
  const state = await openState(join(temporaryFolder(), 'state.db'))
  const INTERVAL_MS = 5
  let ticks = 0
  const timer = setInterval(() => ticks++, INTERVAL_MS)
  onTestFinished(() => clearInterval(timer))
  const before = process.cpuUsage()
  await Promise.all(
    Array.from({ length: 64 }, async (_, worker) => {
      for (let i = 0; i < 500; i++) {
        if (i % 5 === 0) await state.set(`key${worker}`, i)
        else expect(await state.get(`key${worker}`)).toBe(i - (i % 5))
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  // Of our own time, not the clock's: a busy machine may give us little of it.
  const ideal = (user + system) / 1000 / INTERVAL_MS
  expect(ideal).toBeGreaterThan(20)
  // Without pauses no timer fires before all have ended.
  expect(ticks).toBeGreaterThan(ideal * 0.2)
})
