import { describe, expect, it } from 'vitest'
import { createState, defineStore, type Entry } from '../src/index.ts'
import { backendOf, codeOf, collect, failureOf, manualClock, never, testState, turn } from './test-state.ts'

describe('an iteration', () => {
  it('closes the listing of the store when its loop is left', async () => {
    let closed = 0
    const { state } = await testState({}, (inner) => ({
      async *list(options) {
        try {
          yield* inner.list({ ...options, limit: 1 })
        } finally {
          closed++
        }
      },
    }))
    await state.setMany(['a', 'b', 'c'].map((one) => ({ key: one, value: 1 })))
    for await (const one of state.keys()) {
      expect(one).toBe('a')
      break
    }
    expect(closed).toBe(1)
    expect(await collect(state.keys({ limit: 2 }))).toEqual(['a', 'b'])
    expect(closed).toBe(2)
  })
})

/** An update of 'a' that loses its first attempt, and in the second one does as told. */
async function contended(second: () => Promise<number>, replace = {}, options = {}) {
  const test = await testState({}, () => replace)
  let runs = 0
  const outside: Entry = { value: Buffer.from('0'), version: 'outside' }
  const updating = test.state.update<number>(
    'a',
    async () => {
      if (runs++ > 0) return second()
      await test.store.set('a', outside)
      return -1
    },
    options,
  )
  return { ...test, updating }
}

describe('an update that ran into another writer', () => {
  it('and fails with TIMEOUT has written nothing, and writes nothing later', async () => {
    const gate = Promise.withResolvers<number>()
    const { state, updating } = await contended(() => gate.promise, {}, { timeoutMs: 30 })
    expect(await codeOf(() => updating)).toBe('TIMEOUT')
    gate.resolve(1)
    for (let i = 0; i < 10; i++) await turn()
    expect(await state.get('a')).toBe(0)
  })

  it('does not claim ABORTED or TIMEOUT for a write that was sent', async () => {
    for (const by of ['signal', 'timeoutMs']) {
      const sent = Promise.withResolvers<void>()
      const stop = new AbortController()
      let sets = 0
      let applied = false
      const test = await testState({}, (inner) => ({
        set(key, entry, options) {
          sets++
          // The first two are the one outside and the attempt that it defeats.
          if (sets <= 2) return inner.set(key, entry, options)
          sent.resolve()
          return turn()
            .then(turn)
            .then(() => new Promise<void>((resolve) => setTimeout(resolve, 60)))
            .then(() => inner.set(key, entry, options))
            .then(() => {
              applied = true
            })
        },
      }))
      let runs = 0
      const updating = test.state.update<number>(
        'a',
        async () => {
          if (runs++ === 0) await test.store.set('a', { value: Buffer.from('0'), version: 'outside' })
          return 1
        },
        by === 'signal' ? { signal: stop.signal } : { timeoutMs: 30 },
      )
      const failure = failureOf(() => updating)
      await sent.promise
      if (by === 'signal') stop.abort()
      expect((await failure).code).toBe('OUTCOME_UNKNOWN')
      while (!applied) await turn()
      expect(await test.state.get('a')).toBe(1)
    }
  })
})

describe('close()', () => {
  it('ends within the time of an operation where a backend made with defineStore() hangs', async () => {
    const clock = manualClock()
    const store = defineStore(
      {
        get: () => never,
        set: () => {},
        delete: () => {},
        async *list() {},
        close() {},
      },
      { clock },
    )
    const state = await createState({
      backends: { main: backendOf(store, { transactions: false, ordered: false }) },
      cleanupInterval: false,
      timeoutMs: 30,
      clock,
    })
    expect(await codeOf(() => state.get('a'))).toBe('TIMEOUT')
    const late = Symbol('late')
    const timer = Promise.withResolvers<typeof late>()
    const timeout = setTimeout(() => timer.resolve(late), 1000)
    expect(await Promise.race([state.close(), timer.promise])).not.toBe(late)
    clearTimeout(timeout)
  })
})

describe('a logger that throws', () => {
  it('makes no operation fail', async () => {
    const fail = (): never => {
      throw new Error('mine')
    }
    const { state } = await testState({ logger: { warn: fail }, onOperation: fail })
    await expect(state.set('a', 1)).resolves.toHaveProperty('version')
    state.on('change', fail)
    await expect(state.set('a', 2)).resolves.toHaveProperty('version')
    expect(await collect(state.keys())).toEqual(['a'])
  })
})
