import { describe, expect, it, vi } from 'vitest'
import { createCleaner } from '../src/cleaner.ts'
import { createState, type StateError } from '../src/index.ts'
import { backendOf, codeOf, collect, mapStore, never, systemTurn, testState, turn } from './test-state.ts'

/** Rejects if the promise has not settled after so long. */
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not settled within ${limitMs} ms`)), limitMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

describe('a listing of a store that hangs', () => {
  const hanging = async function* (): AsyncGenerator<never> {
    yield await never
  }

  it('fails with TIMEOUT when its time is over', async () => {
    const { state } = await testState({}, () => ({ list: hanging }))
    expect(
      await within(
        1000,
        codeOf(() => collect(state.keys({ timeoutMs: 20 }))),
      ),
    ).toBe('TIMEOUT')
  })

  it('fails with TIMEOUT as a page and in clear() too', async () => {
    const { state } = await testState({ timeoutMs: 20 }, () => ({ list: hanging }))
    expect(
      await within(
        1000,
        codeOf(() => state.keys().page()),
      ),
    ).toBe('TIMEOUT')
    expect(
      await within(
        1000,
        codeOf(() => state.clear()),
      ),
    ).toBe('TIMEOUT')
  })

  it('fails with ABORTED when its signal aborts', async () => {
    const { state } = await testState({}, () => ({ list: hanging }))
    const stop = new AbortController()
    const code = codeOf(() => collect(state.keys({ signal: stop.signal })))
    await turn()
    stop.abort()
    expect(await within(1000, code)).toBe('ABORTED')
  })
})

describe('operations that wait for their turn', () => {
  it('all run, however many wait and however fast the store answers', async () => {
    const gate = Promise.withResolvers<undefined[]>()
    const { state } = await testState({ maxConcurrentOperations: 1 }, () => ({ getMany: () => gate.promise }))
    const first = state.getMany(['a'])
    const waiting = Array.from({ length: 20_000 }, (_, i) => state.get(`key${i}`))
    gate.resolve([undefined])
    const results = await within(5000, Promise.allSettled([first, ...waiting]))
    const failed = results.filter(({ status }) => status === 'rejected')
    expect(failed).toHaveLength(0)
    expect(await state.get('a')).toBeUndefined()
  })

  it('are given up after timeoutMs, waiting and running together', async () => {
    const gate = Promise.withResolvers<undefined[]>()
    const { state } = await testState({ maxConcurrentOperations: 1 }, () => ({
      getMany: () => gate.promise,
      get: () => never,
    }))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const first = state.getMany(['a'])
      const code = codeOf(() => state.get('b', { timeoutMs: 100 }))
      let settled = false
      void code.then(() => {
        settled = true
      })
      await vi.advanceTimersByTimeAsync(90)
      gate.resolve([undefined])
      await first
      await vi.advanceTimersByTimeAsync(20)
      expect(settled).toBe(true)
      expect(await code).toBe('TIMEOUT')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('listeners that throw', () => {
  const fail = (): never => {
    throw new Error('listener')
  }

  it('do not make a write that was applied fail', async () => {
    const { state } = await testState()
    state.on('change', fail)
    await expect(state.set('a', 1)).resolves.toHaveProperty('version')
    await expect(state.delete('a')).resolves.toBe(true)
    await expect(state.increment('n')).resolves.toBe(1)
  })

  it('do not make an operation fail after a hook that threw', async () => {
    const { state } = await testState({ onOperation: fail })
    state.on('error', fail)
    await expect(state.get('a')).resolves.toBeUndefined()
  })

  it('do not stop the periodic cleanup', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      let runs = 0
      const cleaner = createCleaner(async () => {
        runs++
        throw new Error('cleanup')
      }, fail)
      cleaner.start(10)
      await vi.advanceTimersByTimeAsync(35)
      vi.useRealTimers()
      await systemTurn()
      expect(unhandled).not.toHaveBeenCalled()
      expect(runs).toBe(3)
      await cleaner.stop()
    } finally {
      process.off('unhandledRejection', unhandled)
      vi.useRealTimers()
    }
  })
})

describe('close()', () => {
  it('refuses calls from the very next line on', async () => {
    const { state } = await testState()
    const closing = state.close()
    expect(await codeOf(() => state.get('a'))).toBe('CLOSED')
    await closing
  })

  it('ends, also while a periodic cleanup hangs', async () => {
    const started = Promise.withResolvers<void>()
    const { state } = await testState({ timeoutMs: 50, cleanupInterval: 1 }, () => ({
      cleanup() {
        started.resolve()
        return never
      },
    }))
    await started.promise
    await within(1000, state.close())
  })

  it('is the end of watch() and startCleanup() too', async () => {
    const { state } = await testState()
    await state.close()
    expect(
      await within(
        100,
        codeOf(() => state.watch().next()),
      ),
    ).toBe('CLOSED')
    expect(await codeOf(() => state.startCleanup('1h'))).toBe('CLOSED')
  })

  it('is the end of backends.register() too', async () => {
    const { state, clock } = await testState()
    await state.close()
    expect(await codeOf(() => state.backends.register('late', backendOf(mapStore(clock))))).toBe('CLOSED')
  })
})

describe('a cleaner that is started again while it runs', () => {
  it('still runs one cleanup at a time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let running = 0
      let most = 0
      const gate = Promise.withResolvers<void>()
      const cleaner = createCleaner(
        async () => {
          most = Math.max(most, ++running)
          await gate.promise
          running--
        },
        (error: StateError) => {
          throw error
        },
      )
      cleaner.start(10)
      await vi.advanceTimersByTimeAsync(10)
      cleaner.start(10)
      await vi.advanceTimersByTimeAsync(25)
      expect(most).toBe(1)
      gate.resolve()
      await cleaner.stop()
      expect(running).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('update()', () => {
  it('gives up when its signal aborts while it waits for another update of the key', async () => {
    const { state, store } = await testState()
    const entry = (version: string) => ({ value: Buffer.from('1'), version })
    const stuck = Promise.withResolvers<void>()
    let runs = 0
    // Loses its first attempt, and then holds the turn for as long as its function takes.
    const first = state.update<number>('a', async () => {
      if (runs++ === 0) await store.set('a', entry('outside-1'))
      else await stuck.promise
      return 1
    })
    while (runs < 2) await turn()
    const stop = new AbortController()
    let lost = false
    const second = codeOf(() =>
      state.update<number>(
        'a',
        async () => {
          if (!lost) await store.set('a', entry('outside-2'))
          lost = true
          return 2
        },
        { signal: stop.signal },
      ),
    )
    while (!lost) await turn()
    stop.abort()
    try {
      expect(await within(500, second)).toBe('ABORTED')
    } finally {
      stuck.resolve()
      await first
    }
  })
})

describe('a store that answers what it must not', () => {
  it('null for an absent entry is CORRUPT', async () => {
    const { state } = await testState({}, () => ({
      get: () => null as never,
      getMany: async () => [null as never],
    }))
    expect(await codeOf(() => state.get('a'))).toBe('CORRUPT')
    expect(await codeOf(() => state.getMany(['a']))).toBe('CORRUPT')
  })

  it('a promise of another library is waited for', async () => {
    let applied = false
    /** As query builders return: it does nothing until someone awaits it. */
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: the store under test answers with a promise of its own making
      then(resolve: (value: undefined) => void) {
        applied = true
        resolve(undefined)
      },
    }
    const { state } = await testState({}, () => ({ set: () => lazy as unknown as Promise<void> }))
    await state.set('a', 1)
    expect(applied).toBe(true)
  })
})

describe('what makes no sense is refused', () => {
  it.each([0, -1, 1.5, Number.NaN])('a limit of %s in a listing, ordered or not', async (limit) => {
    for (const ordered of [true, false]) {
      const { state } = await testState({ capabilities: { ordered } })
      await state.set('a', 1)
      expect(await codeOf(() => state.keys({ limit }).page())).toBe('INVALID_OPTIONS')
      expect(await codeOf(() => collect(state.keys({ limit })))).toBe('INVALID_OPTIONS')
    }
  })

  it('an operation of a transaction that does not exist, which is no increment', async () => {
    const { state } = await testState()
    await state.set('a', 1)
    const operations = [{ op: 'remove', key: 'a' } as never]
    await expect(state.transaction({ operations })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' })
    expect(await state.get('a')).toBe(1)
  })

  it('options that are missing altogether', async () => {
    expect(await codeOf(() => createState(undefined as never))).toBe('INVALID_OPTIONS')
  })
})
