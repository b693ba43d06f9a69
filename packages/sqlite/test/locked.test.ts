import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openState } from './open-state.ts'
import { startPeer } from './start-peer.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** For tests that want nothing to time out, on however slow a machine. */
const PATIENT = { busyTimeoutMs: 20_000 }

test('while a process holds the write lock, writes wait and then go on in their order', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path, PATIENT)
  await state.set('log', '')
  const peer = startPeer()
  await peer.tell({ op: 'lock', path })
  const acknowledged: number[] = []
  const write = async (n: number): Promise<void> => {
    await state.update<string>('log', (log) => `${log}${n},`)
    acknowledged.push(n)
  }
  const values: number[] = []
  const set = async (n: number): Promise<void> => {
    await state.set('last', n)
    values.push(n)
  }
  const waiting: Promise<void>[] = []
  for (let n = 0; n < 10; n++) {
    waiting.push(write(n), set(n))
    // Into one turn of the event loop, and into several.
    if (n % 3 === 0) await sleep(5)
  }
  expect(values).toEqual([])
  expect(acknowledged).toEqual([])
  await peer.tell({ op: 'unlock' })
  await Promise.all(waiting)
  expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(await state.get('last')).toBe(9)
  expect(await state.get('log')).toBe('0,1,2,3,4,5,6,7,8,9,')
})

test('while a process holds the write lock, reads are answered and the event loop turns', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path, PATIENT)
  await state.setMany([
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ])
  const peer = startPeer()
  await peer.tell({ op: 'lock', path })
  let written = false
  const write = state.set('a', 'new').then(() => {
    written = true
  })
  for (let i = 0; i < 50; i++) {
    expect(await state.get('a')).toBe(1)
    expect(await state.getMany(['b', 'none'])).toEqual([2, undefined])
    expect((await state.keys().page()).items).toEqual(['a', 'b'])
    await new Promise(setImmediate)
  }
  expect((await state.stats()).keys).toBe(2)
  expect(await state.backends.health()).toMatchObject({ healthy: true })
  expect(written).toBe(false)
  await peer.tell({ op: 'unlock' })
  await write
  expect(await state.get('a')).toBe('new')
})

test('a write that waits past busyTimeoutMs is LOCKED and may be retried; the file is as before', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path, { busyTimeoutMs: 100 })
  await state.set('a', 1)
  const peer = startPeer()
  await peer.tell({ op: 'lock', path })
  const outcomes = await Promise.allSettled([
    state.set('a', 2),
    state.delete('a'),
    state.increment('a'),
    state.transaction({ operations: [{ op: 'set', key: 'b', value: 1 }] }),
  ])
  const locked = { status: 'rejected', reason: expect.objectContaining({ code: 'LOCKED', retryable: true }) }
  expect(outcomes).toEqual([locked, locked, locked, locked])
  expect(await state.getMany(['a', 'b'])).toEqual([1, undefined])
  await peer.tell({ op: 'unlock' })
  expect(await state.increment('a')).toBe(2)
})

test('closing waits for the writes that another process keeps waiting', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const state = await openState(path, PATIENT)
  const peer = startPeer()
  await peer.tell({ op: 'lock', path })
  const writes = [state.set('a', 1), state.set('b', 2)]
  const closing = state.close()
  await sleep(30)
  await peer.tell({ op: 'unlock' })
  await Promise.all([...writes, closing])
  const again = await openState(path)
  expect(await again.getMany(['a', 'b'])).toEqual([1, 2])
})

test('a file that another process has locked opens all the same, once it lets go', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const peer = startPeer()
  await (await openState(path)).close()
  await peer.tell({ op: 'lock', path })
  const opening = openState(path, PATIENT)
  await sleep(30)
  await peer.tell({ op: 'unlock' })
  const state = await opening
  await state.set('a', 1)
  expect(await state.get('a')).toBe(1)
})

test('a file that another process has locked for too long is LOCKED when it is opened', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const peer = startPeer()
  await (await openState(path)).close()
  await peer.tell({ op: 'lock', path })
  await expect(openState(path, { busyTimeoutMs: 50 })).rejects.toEqual(
    expect.objectContaining({ code: 'LOCKED', retryable: true }),
  )
})
