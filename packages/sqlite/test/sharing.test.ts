import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createState, isStateError, openStore } from '@switchyard/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const withCode = (code: string) => expect.objectContaining({ code })

describe('while another process writes', () => {
  test('our writes wait and go on in their order, our reads go on, and the event loop turns', async () => {
    const path = join(temporaryFolder(), 'state.db')
    const state = await createState({ backends: { file: sqlite({ path }) } })
    onTestFinished(() => state.close())
    await state.set('a', 0)
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    other.exec("BEGIN IMMEDIATE; UPDATE entries SET version = 'theirs' WHERE key = 'a'")
    let written = 0
    const writes = [1, 2, 3].map((n) => state.set('a', n).then(() => written++))
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    expect(await state.get('a')).toBe(0)
    expect(written).toBe(0)
    other.exec('COMMIT')
    await Promise.all(writes)
    expect(await state.get('a')).toBe(3)
  })

  test('for too long, our writes are LOCKED, which can be tried again', async () => {
    const path = join(temporaryFolder(), 'state.db')
    const store = await openStore(sqlite({ path, busyTimeoutMs: 50 }))
    onTestFinished(() => store.close())
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    const entry = { value: new Uint8Array(1), version: 'v' }
    await expect((async () => store.set('a', entry))()).rejects.toEqual(
      expect.objectContaining({ code: 'LOCKED', retryable: true }),
    )
    other.exec('ROLLBACK')
    await store.set('a', entry)
  })
})

describe('writes of one turn', () => {
  test('share one transaction: the others see all of them or none', async () => {
    const path = join(temporaryFolder(), 'state.db')
    const state = await createState({ backends: { file: sqlite({ path }) } })
    onTestFinished(() => state.close())
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    // Changes once with every commit of another connection.
    const commits = (): number => Number(other.prepare('PRAGMA data_version').get()?.['data_version'])
    const before = commits()
    await Promise.all(Array.from({ length: 50 }, (_, i) => state.set(`key${i}`, i)))
    expect(commits()).toBe(before + 1)
    expect(other.prepare('SELECT count(*) AS count FROM entries').get()).toEqual({ count: 50 })
  })

  test('fail each for itself', async () => {
    const state = await createState({
      backends: { file: sqlite({ path: join(temporaryFolder(), 'state.db') }) },
    })
    onTestFinished(() => state.close())
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

test('close settles the writes that wait, and keeps them', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const store = await openStore(sqlite({ path }))
  const writes = Array.from({ length: 500 }, (_, i) =>
    store.set(`key${i}`, { value: new Uint8Array(10), version: 'v' }),
  )
  await store.close()
  await Promise.all(writes)
  const again = await openStore(sqlite({ path }))
  onTestFinished(() => again.close())
  expect((await again.stats()).keys).toBe(500)
  await store.close()
  await expect((async () => store.get('a'))()).rejects.toEqual(withCode('CLOSED'))
})

test('the event loop turns while 64 callers read and write', async () => {
  const state = await createState({
    backends: { file: sqlite({ path: join(temporaryFolder(), 'state.db') }) },
  })
  onTestFinished(() => state.close())
  let turns = 0
  let running = true
  const turn = (): void => {
    turns++
    if (running) setTimeout(turn, 1)
  }
  setTimeout(turn, 1)
  let done = 0
  await Promise.all(
    Array.from({ length: 64 }, async (_, worker) => {
      for (let i = 0; i < 300; i++) {
        if (i % 5 === 0) await state.set(`key${worker}`, i)
        else await state.get(`key${worker}`)
        done++
      }
    }),
  )
  running = false
  expect(done).toBe(64 * 300)
  // Without the gate no timer fires before all have ended.
  expect(turns).toBeGreaterThan(5)
})
