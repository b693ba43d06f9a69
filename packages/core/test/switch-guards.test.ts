import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type AnyStore,
  type Backend,
  createState,
  type State,
  StateError,
  type StateOptions,
  type SwitchRecord,
} from '../src/index.ts'
import { createCatchUp } from '../src/switch/catch-up.ts'
import { createChangedKeys } from '../src/switch/changed-keys.ts'
import { createDirtyKeys } from '../src/switch/dirty-keys.ts'
import { durable } from './durable-backend.ts'
import { codeOf } from './test-state.ts'

const states: State[] = []

afterEach(async () => {
  for (const state of states.splice(0)) await state.close()
})

interface Opened {
  readonly state: State
  /** What the journal holds. */
  readonly record: () => SwitchRecord | undefined
  /** Is called before each write of the journal. */
  onWrite: (record: SwitchRecord) => unknown
  readonly warnings: readonly string[]
}

async function opened(
  backends: Readonly<Record<string, Backend>>,
  options: Partial<StateOptions> & { readonly record?: SwitchRecord } = {},
): Promise<Opened> {
  let { record } = options
  const warnings: string[] = []
  const made: Opened = {
    state: await createState({
      backends,
      active: 'a',
      cleanupInterval: false,
      logger: { warn: (message) => void warnings.push(message) },
      journal: {
        read: async () => record,
        async write(next) {
          await made.onWrite(next)
          record = next
        },
      },
      ...options,
    }),
    record: () => record,
    onWrite: () => undefined,
    warnings,
  }
  states.push(made.state)
  return made
}

const fill = async (state: State, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await state.set(`key${i}`, i)
}

test('writes of a store whose promises are those of another library are followed until they settle', async () => {
  const inner = durable()
  const thenable = <T>(promise: PromiseLike<T>): Promise<T> =>
    // biome-ignore lint/suspicious/noThenProperty: the store under test answers with a promise of its own making
    ({ then: promise.then.bind(promise) }) as Promise<T>
  const a = durable({
    ...inner.store,
    set: (key, entry, options) =>
      thenable(sleep(5).then(() => inner.store.set(key, entry, options))) as Promise<void>,
  })
  const { state } = await opened({ a: a.backend, b: durable().backend })
  await fill(state, 200)
  const run = await state.switchTo('b')
  const last = new Map<string, string>()
  let stop = false
  const writer = async (id: number): Promise<void> => {
    for (let i = 0; !stop; i++) {
      const key = `key${id + 20 * (i % 10)}`
      await state.set(key, `new ${i}`)
      last.set(key, `new ${i}`)
    }
  }
  const writers = Array.from({ length: 20 }, (_, id) => writer(id))
  await run.done
  stop = true
  await Promise.all(writers)
  for (const [key, value] of last) expect(await state.get(key)).toBe(value)
})

describe('when it is not known which backend serves', () => {
  test.each([
    ['OUTCOME_UNKNOWN', () => Promise.reject(new StateError('OUTCOME_UNKNOWN', 'the disk does not answer'))],
    ['an error of another kind', () => Promise.reject(new Error('the connection was lost'))],
    // It answers too late for the ten seconds that it has.
    ['no answer', () => sleep(11_000)],
  ])(
    'nothing is switched, rolled back or let go any more: %s',
    async (_, fail) => {
      const [a, b] = [durable(), durable()]
      const made = await opened({ a: a.backend, b: b.backend })
      const { state } = made
      await state.set('key', 1)
      const first = await state.switchTo('b')
      await first.done
      const back = await first.rollback()
      await back.done
      made.onWrite = ({ active }) => (active === 'b' ? fail() : undefined)
      const second = await state.switchTo('b')
      await expect(second.done).rejects.toThrow()
      for (const attempt of [
        () => state.switchTo('b', { replace: true }),
        () => back.rollback(),
        () => back.complete(),
        () => state.get('key'),
        () => state.set('key', 2),
      ]) {
        expect(await codeOf(attempt)).toBe('UNAVAILABLE')
      }
      expect(await b.store.get('key')).toBeDefined()
    },
    30_000,
  )
})

test('a journal that certainly was not written leaves the source in service', async () => {
  const made = await opened({ a: durable().backend, b: durable().backend })
  await fill(made.state, 10)
  made.onWrite = ({ active }) => {
    if (active === 'b') throw new StateError('FULL', 'the disk is full')
  }
  const run = await made.state.switchTo('b')
  expect(await codeOf(() => run.done)).toBe('FULL')
  await made.state.set('key', 1)
  expect(made.state.backends.active).toBe('a')
})

test('the source is let go only once that is recorded', async () => {
  const made = await opened({ a: durable().backend, b: durable().backend })
  const run = await made.state.switchTo('b')
  await run.done
  made.onWrite = () => {
    throw new StateError('FULL', 'the disk is full')
  }
  expect(await codeOf(() => run.complete())).toBe('FULL')
  made.onWrite = () => undefined
  await run.complete()
  expect(made.record()?.latest?.state).toBe('completed')
  await made.state.backends.unregister('a')
})

describe('a rollback', () => {
  test('that failed leaves a backend that can be switched to', async () => {
    const inner = durable()
    let fails = false
    const a = durable({
      ...inner.store,
      write: (batch) => (fails ? Promise.reject(new Error('the disk is gone')) : inner.store.write(batch)),
    })
    const { state } = await opened({ a: a.backend, b: durable().backend })
    await fill(state, 300)
    const run = await state.switchTo('b')
    await run.done
    await state.set('key1', 'changed')
    fails = true
    expect(await codeOf(async () => (await run.rollback()).done)).toBe('BACKEND_ERROR')
    fails = false
    await (await state.switchTo('a')).done
    expect(await state.get('key1')).toBe('changed')
  })

  test('is refused where other processes may write to what serves, or the old backend is not healthy', async () => {
    let healthy = true
    const a = durable({ checkHealth: async () => ({ healthy, reason: 'it smokes' }) })
    const b = durable({}, { shared: true })
    const { state } = await opened({ a: a.backend, b: b.backend })
    const run = await state.switchTo('b')
    await run.done
    expect(await codeOf(() => run.rollback())).toBe('INVALID_OPTIONS')
    healthy = false
    expect(await codeOf(() => run.rollback({ exclusive: true }))).toBe('UNAVAILABLE')
    healthy = true
    await (await run.rollback({ exclusive: true })).done
    expect(state.backends.active).toBe('a')
  })

  test('copies everything where more was changed than is remembered', () => {
    const changed = createChangedKeys(2)
    changed.add('a')
    changed.add('b')
    changed.add('a')
    expect(changed.keys?.size).toBe(2)
    changed.add('c')
    changed.add('d')
    expect(changed.keys).toBe(undefined)
  })
})

test.each([
  { pauseBudgetMs: Number.NaN },
  { pauseBudgetMs: 0 },
  { pauseBudgetMs: Number.POSITIVE_INFINITY },
  { pauseBudgetMs: 3e9 },
  { maxRate: Number.NaN },
  { maxRate: -1 },
])('%o makes no sense', async (options) => {
  const { state } = await opened({ a: durable().backend, b: durable().backend })
  expect(await codeOf(() => state.switchTo('b', options))).toBe('INVALID_OPTIONS')
})

test('closing waits for a switch that is about to begin, which then does not', async () => {
  const gate = Promise.withResolvers<void>()
  const looked = Promise.withResolvers<void>()
  const inner = durable()
  const closed: string[] = []
  const b = durable({
    ...inner.store,
    async *list(options) {
      looked.resolve()
      await gate.promise
      closed.push('looked')
      yield* inner.store.list(options)
    },
  })
  const made = await opened({ a: durable().backend, b: b.backend })
  const switching = codeOf(() => made.state.switchTo('b'))
  await looked.promise
  const closing = made.state.close().then(() => closed.push('closed'))
  gate.resolve()
  expect(await switching).toBe('CLOSED')
  await closing
  expect(closed).toEqual(['looked', 'closed'])
  expect(made.record()).toBe(undefined)
  expect(await codeOf(() => made.state.switchTo('b'))).toBe('CLOSED')
})

test('a cleanup under way is waited for, and none begins', async () => {
  const inner = durable()
  let cleanups = 0
  const a = durable({
    ...inner.store,
    async cleanup() {
      cleanups++
      await sleep(600)
      return { removed: 0 }
    },
  })
  const { state } = await opened({ a: a.backend, b: durable().backend }, { cleanupInterval: 20 })
  await fill(state, 100)
  await expect.poll(() => cleanups).toBe(1)
  const done = await (await state.switchTo('b', { pauseBudgetMs: 100 })).done
  expect(done).toMatchObject({ phase: 'done', attempts: 1 })
  expect(cleanups).toBe(1)
})

test('both ends are fenced before anything is looked at, also for the way back', async () => {
  const calls: string[] = []
  const fenced = (name: string) => durable({ fence: async () => void calls.push(name) })
  const { state } = await opened({ a: fenced('a').backend, b: fenced('b').backend })
  const run = await state.switchTo('b')
  await run.done
  await (await run.rollback()).done
  expect(calls).toEqual(['a', 'b', 'b', 'a'])
})

test('two clocks by which entries would end at different times are no ends of a switch', async () => {
  let clockAheadMs = 5000
  const b = durable({ checkHealth: async () => ({ healthy: true, clockAheadMs }) })
  const { state } = await opened({ a: durable().backend, b: b.backend })
  await expect(state.switchTo('b')).rejects.toThrow(/clock of 'b'.* is 5000 ms ahead of this one/)
  clockAheadMs = -2000
  await expect(state.switchTo('b')).rejects.toThrow(/is 2000 ms behind this one/)
  clockAheadMs = -900
  await (await state.switchTo('b')).done
})

test('a plan says what the switch would be refused for', async () => {
  let healthy = false
  const b = durable({ checkHealth: async () => ({ healthy, reason: 'it smokes' }) })
  const { state } = await opened({ a: durable().backend, b: b.backend })
  await b.store.set('theirs', { value: Buffer.from('1'), version: 'v' })
  expect((await state.planSwitch('b')).obstacles).toEqual(["'b' is not healthy: it smokes"])
  healthy = true
  expect((await state.planSwitch('b')).obstacles).toEqual([expect.stringContaining("'b' is not empty")])
  expect((await state.planSwitch('b', { replace: true })).obstacles).toEqual([])
})

test('an abort says so when a backend does not answer, and the source serves', async () => {
  const inner = durable()
  const answers = Promise.withResolvers<void>()
  const b = durable({
    ...inner.store,
    write: (batch) => answers.promise.then(() => inner.store.write(batch)),
  })
  const { state } = await opened({ a: durable().backend, b: b.backend })
  await fill(state, 10)
  const run = await state.switchTo('b')
  await expect.poll(() => run.status.phase).toBe('copying')
  expect(await codeOf(() => run.abort())).toBe('TIMEOUT')
  await state.set('key1', 'meanwhile')
  expect(await state.get('key1')).toBe('meanwhile')
  answers.resolve()
  expect(await codeOf(() => run.done)).toBe('ABORTED')
  expect((await b.store.stats()).keys).toBe(0)
}, 300_000)

describe('a restore', () => {
  const entry = { value: Buffer.from('1'), version: 'v' }
  async function* batches(fail: boolean) {
    yield [{ op: 'set' as const, key: 'one', entry }]
    if (fail) throw new Error('the file ends here')
    yield [{ op: 'set' as const, key: 'two', entry }]
  }

  test('that was cut off is told at the next start, and no more once it was made', async () => {
    const a = durable()
    const made = await opened({ a: a.backend })
    await made.state.restore(batches(false))
    expect(made.record()?.restoring).toBe(undefined)
    await expect(made.state.restore(batches(true), { mode: 'replace' })).rejects.toThrow('ends here')
    const record = made.record()
    expect(record?.restoring).toBeGreaterThan(Date.now() - 60_000)
    const again = await opened({ a: a.backend }, { record: record as SwitchRecord })
    expect(again.warnings).toEqual([expect.stringMatching(/^A restore that began at .* did not end/)])
    await again.state.restore(batches(false), { mode: 'replace' })
    expect(again.record()?.restoring).toBe(undefined)
    expect((await opened({ a: a.backend }, { record: again.record() as SwitchRecord })).warnings).toEqual([])
  })

  test('in place of everything tells of what it removes', async () => {
    const { state } = await opened({ a: durable().backend })
    await state.set('old', 1)
    const changes: string[] = []
    state.on('change', ({ type, key }) => changes.push(`${type} ${key}`))
    await state.restore(batches(false), { mode: 'replace' })
    expect(changes).toEqual(['delete old', 'set one', 'set two'])
  })
})

test('after a switch the changes of other processes are those of the backend that serves', async () => {
  const watched = () => {
    const tell: ((key: string) => void)[] = []
    const watch: AnyStore['watch'] = async function* (_, { signal } = {}) {
      const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      for (;;) {
        const next = new Promise<string>((resolve) => tell.push(resolve))
        const key = await Promise.race([next, aborted])
        if (key === undefined) return
        yield { type: 'set', key: key as string }
      }
    }
    const { backend } = durable({ watch }, { watch: true })
    const tellAll = (key: string): void => {
      for (const one of tell.splice(0)) one(key)
    }
    return { backend, tell: tellAll }
  }
  const [a, b] = [watched(), watched()]
  const { state } = await opened({ a: a.backend, b: b.backend })
  const changes: string[] = []
  state.on('change', ({ key }) => changes.push(key))
  await sleep(10)
  a.tell('before')
  await expect.poll(() => changes).toEqual(['before'])
  await (await state.switchTo('b')).done
  await sleep(10)
  a.tell('of the old one')
  b.tell('after')
  await expect.poll(() => changes).toEqual(['before', 'after'])
})

test('writes wait only for as long as copying cannot keep up with them', async () => {
  const dirty = createDirtyKeys()
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) dirty.add(`key${dirty.size}`)
  }
  /** Keys that come in during each round; those of before are drained. */
  const rounds = [2000, 2000, 2000, 2000, 2000, 2000, 2000, 500, 100, 0]
  const delays: number[] = []
  const catchUp = createCatchUp({
    dirty,
    pauseBudgetMs: 250,
    signal: new AbortController().signal,
    onRound: () => void delays.push(catchUp.delayMs),
    copier: {
      copyAll: async () => undefined,
      drainAll: async () => [],
      async drain(count) {
        dirty.take(count)
        add(rounds.shift() ?? 0)
        return 1000
      },
    },
  })
  add(2000)
  await catchUp.run()
  expect(Math.max(...delays)).toBeGreaterThan(0)
  expect(catchUp.delayMs).toBeLessThan(Math.max(...delays))
  catchUp.relax()
  expect(catchUp.delayMs).toBe(0)
})
