import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type AnyStore,
  type Backend,
  createState,
  type State,
  StateError,
  type SwitchPhase,
  systemClock,
} from '../src/index.ts'
import { durable } from './durable-backend.ts'
import { backendOf, codeOf, mapStore } from './test-state.ts'

let folder: string
let states: State[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-'))
  states = []
})

afterEach(async () => {
  for (const state of states) await state.close()
  await rm(folder, { recursive: true })
})

async function opened(backends: Readonly<Record<string, Backend>>, active = 'a'): Promise<State> {
  const state = await createState({ backends, active, journal: join(folder, 'journal') })
  states.push(state)
  return state
}

async function all(state: State): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>()
  for await (const { key, value } of state.entries()) found.set(key, value)
  return found
}

describe('switchTo', () => {
  test('moves values, versions, expiries and absence, and the target serves', async () => {
    const [a, b] = [durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend })
    for (let i = 0; i < 2500; i++) await state.set(`key${i}`, i)
    const { version, expiresAt } = await state.set('short', 'x', { ttl: '1h' })
    const run = await state.switchTo('b')
    const phases: SwitchPhase[] = []
    for await (const { phase } of run.progress()) if (phases.at(-1) !== phase) phases.push(phase)
    const done = await run.done
    expect(phases.at(-1)).toBe('done')
    expect(done).toMatchObject({
      from: 'a',
      to: 'b',
      phase: 'done',
      total: 2501,
      verified: 2501,
      repaired: 0,
      attempts: 1,
    })
    expect(done.copied).toBeGreaterThanOrEqual(2501)
    expect(state.backends.active).toBe('b')
    expect(await state.getEntry('short')).toEqual({ value: 'x', version, expiresAt })
    expect((await all(state)).size).toBe(2501)
    await state.set('after', 1)
    expect(await a.store.get('after')).toBe(undefined)
    expect(await b.store.get('after')).toBeDefined()
  })

  test('loses no write and brings back nothing deleted under traffic', async () => {
    const [a, b] = [durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend })
    for (let i = 0; i < 3000; i++) await state.set(`key${i}`, 0)
    const model = new Map<string, number>(Array.from({ length: 3000 }, (_, i) => [`key${i}`, 0]))
    let stop = false
    let count = 0
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; !stop; i++) {
        // Each writer has its own keys, so that the order of their writes is known.
        const key = `key${((i * 7) % 375) * 8 + writer}`
        if (i % 5 === 4) {
          await state.delete(key)
          model.delete(key)
        } else if (i % 5 === 3) {
          model.set(key, await state.increment(key, 1))
        } else {
          await state.set(key, i)
          model.set(key, i)
        }
        count++
      }
    })
    for (const to of ['b', 'a', 'b']) {
      const run = await state.switchTo(to, { replace: true })
      await run.done
      await sleep(20)
    }
    stop = true
    await Promise.all(writers)
    expect(count).toBeGreaterThan(1000)
    expect(await all(state)).toEqual(model)
  })

  test('keeps its choice over a restart, whatever the options say', async () => {
    const [a, b] = [durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend })
    await state.set('key', 1)
    await (await state.switchTo('b')).done
    await state.close()
    const again = await opened({ a: a.backend, b: b.backend })
    expect(again.backends.active).toBe('b')
    expect(await again.get('key')).toBe(1)
    expect(await codeOf(() => opened({ a: a.backend }))).toBe('UNKNOWN_BACKEND')
  })

  test('is refused before anything is copied', async () => {
    const [a, b] = [durable(), durable()]
    const volatile = backendOf(mapStore(systemClock))
    const small = backendOf(mapStore(systemClock), { durable: true, maxValueBytes: 10 })
    const state = await opened({ a: a.backend, b: b.backend, volatile, small })
    await state.set('key', 'a long value')
    const code = (to: string, options = {}) => codeOf(() => state.switchTo(to, options))
    expect(await code('a')).toBe('INVALID_OPTIONS')
    expect(await code('nowhere')).toBe('UNKNOWN_BACKEND')
    expect(await code('volatile')).toBe('INVALID_OPTIONS')
    expect(await code('small')).toBe('INCOMPATIBLE')
    await b.store.set('theirs', { value: Buffer.from('1'), version: 'v' })
    expect(await code('b')).toBe('CONFLICT')
    expect(await readFile(join(folder, 'journal')).catch(() => 'none')).toBe('none')
    expect(await b.store.get('theirs')).toBeDefined()
    const unrecorded = await createState({ backends: { a: a.backend, b: b.backend }, active: 'a' })
    expect(await codeOf(() => unrecorded.switchTo('b'))).toBe('INVALID_OPTIONS')
    await unrecorded.close()
  })

  test('is refused while another one is under way', async () => {
    const [a, b] = [durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend, c: durable().backend })
    for (let i = 0; i < 100; i++) await state.set(`key${i}`, 0)
    const run = await state.switchTo('b', { maxRate: 200 })
    expect(await codeOf(() => state.switchTo('c'))).toBe('CONFLICT')
    await run.abort()
    expect(await codeOf(() => run.done)).toBe('ABORTED')
    await (await state.switchTo('c')).done
  })

  test('leaves source and target as they were when it is aborted', async () => {
    const [a, b] = [durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend })
    for (let i = 0; i < 2000; i++) await state.set(`key${i}`, i)
    const run = await state.switchTo('b', { maxRate: 2000 })
    await expect.poll(() => run.status.copied).toBeGreaterThan(0)
    await run.abort()
    expect(run.status.phase).toBe('aborted')
    expect(state.backends.active).toBe('a')
    expect((await b.store.stats()).keys).toBe(0)
    expect((await all(state)).size).toBe(2000)
  })

  test('fails with what the target says, and the source serves on', async () => {
    const a = durable()
    let writes = 0
    const b = durable()
    const failing: Partial<AnyStore> = {
      write: async (batch, options) => {
        if (++writes === 2) throw new Error('the disk is gone')
        return b.store.write(batch, options)
      },
    }
    const state = await opened({ a: a.backend, b: durable({ ...b.store, ...failing }).backend })
    for (let i = 0; i < 2000; i++) await state.set(`key${i}`, i)
    const run = await state.switchTo('b')
    expect(await codeOf(() => run.done)).toBe('BACKEND_ERROR')
    expect(run.status.phase).toBe('failed')
    await state.set('key', 1)
    expect(await a.store.get('key')).toBeDefined()
  })

  test('takes a target that gives back something else for damaged', async () => {
    const a = durable()
    const b = durable()
    const lying: Partial<AnyStore> = {
      getMany: async (keys) =>
        (await b.store.getMany(keys)).map((entry) => entry && { ...entry, value: Buffer.from('"other"') }),
    }
    const state = await opened({ a: a.backend, b: durable({ ...b.store, ...lying }).backend })
    await state.set('key', 1)
    const run = await state.switchTo('b')
    expect(await codeOf(() => run.done)).toBe('CORRUPT')
    expect(state.backends.active).toBe('a')
  })

  test('has the target put everything on the disk before it commits', async () => {
    const a = durable()
    const order: string[] = []
    const b = durable({ flush: async () => void order.push('flushed') })
    const state = await createState({
      backends: { a: a.backend, b: b.backend },
      active: 'a',
      journal: {
        read: async () => undefined,
        write: async ({ latest }) => void order.push(String(latest?.state)),
      },
    })
    states.push(state)
    await (await state.switchTo('b')).done
    expect(order).toEqual(['prepared', 'flushed', 'flushed', 'committed'])
  })

  test('does not commit if the target cannot put it there', async () => {
    const a = durable()
    const b = durable({ flush: () => Promise.reject(new StateError('BACKEND_ERROR', 'the disk failed')) })
    const state = await opened({ a: a.backend, b: b.backend })
    await state.set('key', 1)
    const run = await state.switchTo('b')
    expect(await codeOf(() => run.done)).toBe('BACKEND_ERROR')
    expect(state.backends.active).toBe('a')
    expect(await state.get('key')).toBe(1)
  })

  test.each(['complete', 'rollback'] as const)(
    '%s of an earlier switch does not touch a later one',
    async (action) => {
      const [a, b, c] = [durable(), durable(), durable()]
      const state = await opened({ a: a.backend, b: b.backend, c: c.backend })
      await state.set('key', 'in a')
      const first = await state.switchTo('b')
      await first.done
      await (await state.switchTo('c')).done
      await state.set('key', 'in c')
      if (action === 'complete') await first.complete()
      else expect(await codeOf(() => first.rollback())).toBe('CONFLICT')
      expect(state.backends.active).toBe('c')
      expect(await state.get('key')).toBe('in c')
    },
  )

  test('a rollback that was made cannot be made again', async () => {
    const [a, b] = [durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend })
    const run = await state.switchTo('b')
    await run.done
    await (await run.rollback()).done
    await state.set('key', 'in a')
    expect(await codeOf(() => run.rollback())).toBe('CONFLICT')
    await run.complete()
    expect(state.backends.active).toBe('a')
    expect(await state.get('key')).toBe('in a')
  })

  test('what is written during a switch that is given up is followed for the rollback of the one before', async () => {
    const [a, b, c] = [durable(), durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend, c: c.backend })
    for (let i = 0; i < 300; i++) await state.set(`key ${i}`, i)
    const first = await state.switchTo('b')
    await first.done
    const second = await state.switchTo('c', { maxRate: 100 })
    await state.set('key 7', 'meanwhile')
    await second.abort()
    expect(await codeOf(() => second.done)).toBe('ABORTED')
    const back = await (await first.rollback()).done
    expect(back).toMatchObject({ copied: 1, repaired: 0 })
    expect(await state.get('key 7')).toBe('meanwhile')
  })

  test('fences the target before it looks at what is there', async () => {
    const calls: string[] = []
    const [a, b] = [durable(), durable({ fence: async () => void calls.push('fence') })]
    const { list } = b.store
    b.store.list = (options) => {
      calls.push('list')
      return list(options)
    }
    const state = await opened({ a: a.backend, b: b.backend })
    await (await state.switchTo('b')).done
    expect(calls[0]).toBe('fence')
  })

  test('does not commit to a server that was restarted since it was copied to', async () => {
    const a = durable()
    let starts = 0
    const b = durable({ incarnation: async () => `start ${starts++}` })
    const state = await opened({ a: a.backend, b: b.backend })
    const run = await state.switchTo('b')
    expect(await codeOf(() => run.done)).toBe('UNAVAILABLE')
    expect(state.backends.active).toBe('a')
  })

  test('serves nothing any longer when it is not known which backend serves', async () => {
    const [a, b] = [durable(), durable()]
    let fail = false
    const state = await createState({
      backends: { a: a.backend, b: b.backend },
      active: 'a',
      journal: {
        read: async () => undefined,
        write: async ({ active }) => {
          if (active === 'b') fail = true
          if (fail) throw new StateError('OUTCOME_UNKNOWN', 'the disk does not answer')
        },
      },
    })
    states.push(state)
    await state.set('key', 1)
    const run = await state.switchTo('b')
    expect(await codeOf(() => run.done)).toBe('OUTCOME_UNKNOWN')
    expect(await codeOf(() => state.get('key'))).toBe('UNAVAILABLE')
    expect(await codeOf(() => state.set('key', 2))).toBe('UNAVAILABLE')
  })
})

describe('what was on its way', () => {
  test('through a switch that was aborted is waited for by the next one', async () => {
    const held = Promise.withResolvers<void>()
    let holds = false
    const inner = durable()
    const a = durable({
      ...inner.store,
      set: async (key, entry, options) => {
        if (holds && key === 'x') await held.promise
        return inner.store.set(key, entry, options)
      },
    })
    const state = await opened({ a: a.backend, b: durable().backend })
    for (let i = 0; i < 10; i++) await state.set(`key${i}`, i)
    const first = await state.switchTo('b', { maxRate: 1 })
    await expect.poll(() => first.status.phase).toBe('copying')
    holds = true
    const slow = state.set('x', 'new')
    await first.abort()
    const second = await state.switchTo('b')
    await sleep(50)
    expect(second.status.phase).toBe('preparing')
    held.resolve()
    await slow
    await second.done
    expect(await state.get('x')).toBe('new')
  })

  test('and may be applied later than its caller was told, is copied with the rest', async () => {
    const inner = durable()
    const late: (() => unknown)[] = []
    let loses = false
    const a = durable({
      ...inner.store,
      set: (key, entry, options) => {
        if (!loses) return inner.store.set(key, entry, options)
        late.push(() => inner.store.set(key, entry, options))
        throw new StateError('OUTCOME_UNKNOWN', 'the connection was lost')
      },
    })
    const b = durable()
    let verifying = false
    const slow: Partial<AnyStore> = {
      getMany: async (keys) => {
        if (!verifying && keys.length > 1) {
          verifying = true
          loses = true
          expect(await codeOf(() => state.set('key1', 'late'))).toBe('OUTCOME_UNKNOWN')
          loses = false
          setTimeout(() => late.forEach((apply) => void apply()), 20)
          await sleep(40)
        }
        return b.store.getMany(keys)
      },
    }
    const state = await opened({ a: a.backend, b: durable({ ...b.store, ...slow }).backend })
    for (let i = 0; i < 10; i++) await state.set(`key${i}`, i)
    await (await state.switchTo('b')).done
    expect(late).toHaveLength(1)
    expect(await state.get('key1')).toBe('late')
  })
})

test('an abort during the commit does not remove what the journal may name', async () => {
  const [a, b] = [durable(), durable()]
  let abort: () => void = () => undefined
  const written: string[] = []
  const state = await createState({
    backends: { a: a.backend, b: b.backend },
    active: 'a',
    journal: {
      read: async () => undefined,
      write: async ({ active }) => {
        written.push(active)
        if (active !== 'b') return
        abort()
        throw new StateError('OUTCOME_UNKNOWN', 'the disk does not answer')
      },
    },
  })
  states.push(state)
  await state.set('key', 1)
  const run = await state.switchTo('b')
  abort = () => void run.abort().catch(() => undefined)
  expect(await codeOf(() => run.done)).toBe('OUTCOME_UNKNOWN')
  expect(run.status.phase).toBe('failed')
  expect(await b.store.get('key')).toBeDefined()
  expect(written).toEqual(['a', 'b'])
})

describe('rollback', () => {
  test('brings back only what was changed since', async () => {
    const [a, b] = [durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend })
    for (let i = 0; i < 1500; i++) await state.set(`key${i}`, i)
    const run = await state.switchTo('b')
    await run.done
    await state.set('key1', 'changed')
    await state.delete('key2')
    await state.set('new', 1)
    const back = await run.rollback()
    const done = await back.done
    expect(done).toMatchObject({ from: 'b', to: 'a', phase: 'done', copied: 3, repaired: 0 })
    expect(state.backends.active).toBe('a')
    expect(await state.getMany(['key1', 'key2', 'new', 'key3'])).toEqual(['changed', undefined, 1, 3])
    expect(await a.store.get('new')).toBeDefined()
  })

  test('is over once the source was let go', async () => {
    const [a, b] = [durable(), durable()]
    const state = await opened({ a: a.backend, b: b.backend })
    const run = await state.switchTo('b')
    await run.done
    await run.complete()
    expect(await codeOf(() => run.rollback())).toBe('CONFLICT')
    expect(JSON.parse(await readFile(join(folder, 'journal'), 'utf8'))).toMatchObject({
      active: 'b',
      latest: { state: 'completed' },
    })
  })
})
