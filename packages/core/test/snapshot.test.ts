import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createState, type SnapshotOperation, type State, StateError, systemClock } from '../src/index.ts'
import { backendOf, codeOf, mapStore } from './test-state.ts'

async function opened(): Promise<State> {
  const inner = mapStore(systemClock)
  const store = {
    ...inner,
    getMany: (keys: readonly string[]) => nextTurn().then(() => inner.getMany(keys)),
    set: (...args: Parameters<typeof inner.set>) => nextTurn().then(() => inner.set(...args)),
  }
  const state = await createState({ backends: { a: backendOf(store, {}) }, cleanupInterval: false })
  onTestFinished(() => state.close())
  return state
}

/** What the records amount to. */
function result(batches: readonly (readonly SnapshotOperation[])[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const operation of batches.flat()) {
    if (operation.op === 'delete') found.delete(operation.key)
    else found.set(operation.key, Buffer.from(operation.entry.value).toString())
  }
  return found
}

async function* given(
  batches: readonly (readonly SnapshotOperation[])[],
): AsyncGenerator<readonly SnapshotOperation[]> {
  yield* batches
}

test('a snapshot under writes is the state at one moment', async () => {
  const state = await opened()
  for (let i = 0; i < 3000; i++) await state.set(`key${i}`, 0)
  let stop = false
  // Each step moves one from the first to the second: at any moment between two steps they make zero.
  const writer = (async () => {
    for (let i = 1; !stop; i++) {
      await state.set('one', i)
      await state.set('two', -i)
      await state.delete(`key${i % 3000}`)
    }
  })()
  const batches: (readonly SnapshotOperation[])[] = []
  const { records, pauseMs } = await state.snapshot(async (batch) => {
    await nextTurn()
    batches.push(batch)
  })
  stop = true
  await writer
  const found = result(batches)
  expect(records).toBe(batches.flat().length)
  expect(pauseMs).toBeGreaterThan(0)
  const [one, two] = [Number(found.get('one')), Number(found.get('two'))]
  expect([0, 1]).toContain(one + two)
  const deleted = Array.from({ length: 3000 }, (_, i) => i).filter((i) => !found.has(`key${i}`))
  // Those before the step that the snapshot was taken in.
  expect([-two, -two - 1]).toContain(deleted.length)
})

test('what fails to write ends the snapshot, and everything goes on', async () => {
  const state = await opened()
  await state.set('key', 1)
  const full = new StateError('FULL', 'the disk is full')
  expect(await codeOf(() => state.snapshot(() => Promise.reject(full)))).toBe('FULL')
  expect(await codeOf(() => state.snapshot(async () => {}, { signal: AbortSignal.abort() }))).toBe('ABORTED')
  await state.set('key', 2)
  expect((await state.snapshot(async () => {})).records).toBe(1)
})

test('batches are handed over one at a time, however long each takes', async () => {
  const state = await opened()
  for (let i = 0; i < 2000; i++) await state.set(`key${i}`, i)
  let [running, most] = [0, 0]
  await state.snapshot(async () => {
    most = Math.max(most, ++running)
    for (let i = 0; i < 20; i++) await nextTurn()
    running--
  })
  expect(most).toBe(1)
})

test('limits and modes that make no sense are refused before anything is done', async () => {
  const state = await opened()
  const write = (): Promise<void> => Promise.reject(new Error('called'))
  for (const limits of [
    { pauseBudgetMs: 0 },
    { pauseBudgetMs: 60_001 },
    { maxRate: -1 },
    { maxRate: Number.NaN },
  ]) {
    expect(await codeOf(() => state.snapshot(write, limits))).toBe('INVALID_OPTIONS')
  }
  const mode = 'overwrite' as 'replace'
  expect(await codeOf(() => state.restore(given([]), { mode }))).toBe('INVALID_OPTIONS')
})

test('one snapshot, restore or switch at a time', async () => {
  const state = await opened()
  await state.set('key', 1)
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = state.snapshot(() => promise)
  expect(await codeOf(() => state.snapshot(async () => {}))).toBe('CONFLICT')
  expect(await codeOf(() => state.restore(given([])))).toBe('CONFLICT')
  resolve()
  await first
  await state.snapshot(async () => {})
})

test('a restore keeps versions and expiries, and tells who listens', async () => {
  const [from, to] = [await opened(), await opened()]
  await from.set('a', 1, { ttl: '1h' })
  await from.set('b', 2)
  const batches: (readonly SnapshotOperation[])[] = []
  await from.snapshot(async (batch) => void batches.push(batch))
  const told: string[] = []
  to.on('change', ({ type, key }) => void told.push(`${type} ${key}`))
  expect(await to.restore(given(batches))).toEqual({ records: 2 })
  expect(await to.getManyEntries(['a', 'b'])).toEqual(await from.getManyEntries(['a', 'b']))
  expect(told.toSorted()).toEqual(['set a', 'set b'])
})

test('what is there already decides how it can be restored', async () => {
  const state = await opened()
  const batches = [[{ op: 'set' as const, key: 'new', entry: { value: Buffer.from('1'), version: 'v1' } }]]
  await state.set('old', 0)
  expect(await codeOf(() => state.restore(given(batches)))).toBe('CONFLICT')
  await state.restore(given(batches), { mode: 'merge' })
  expect((await state.keys().page()).items).toEqual(['new', 'old'])
  await state.restore(given(batches), { mode: 'replace' })
  expect((await state.keys().page()).items).toEqual(['new'])
})

test('operations wait for a restore', async () => {
  const state = await opened()
  const { promise, resolve } = Promise.withResolvers<void>()
  async function* slow(): AsyncGenerator<readonly SnapshotOperation[]> {
    yield [{ op: 'set', key: 'a', entry: { value: Buffer.from('1'), version: 'v1' } }]
    await promise
    yield [{ op: 'set', key: 'b', entry: { value: Buffer.from('2'), version: 'v2' } }]
  }
  const restored = state.restore(slow())
  const read = state.getMany(['a', 'b'])
  resolve()
  await restored
  expect(await read).toEqual([1, 2])
})
