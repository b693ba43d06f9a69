import { describe, expect, test } from 'vitest'
import { createState, type OperationSample, StateError } from '../src/index.ts'
import { never, testBackend } from './test-backend.ts'

const withCode = (code: string) => expect.objectContaining({ code })

describe('a store that never answers', () => {
  const hanging = { get: () => never<undefined>(), set: () => never<void>(), close: async () => undefined }

  test('is a TIMEOUT for a read and an OUTCOME_UNKNOWN for a write', async () => {
    const state = await createState({ backends: { slow: testBackend(hanging) }, timeoutMs: 20 })
    await expect(state.get('a')).rejects.toEqual(
      expect.objectContaining({
        code: 'TIMEOUT',
        backend: 'slow',
        operation: 'get',
        key: 'a',
        retryable: true,
      }),
    )
    await expect(state.set('a', 1)).rejects.toEqual(withCode('OUTCOME_UNKNOWN'))
    await expect(state.get('a', { timeoutMs: 5 })).rejects.toEqual(withCode('TIMEOUT'))
    // What never ends does not keep the state from closing.
    await state.close()
  })

  test('is given up when the signal aborts', async () => {
    const state = await createState({ backends: { slow: testBackend(hanging) }, timeoutMs: 20 })
    const read = new AbortController()
    const reading = state.get('a', { signal: read.signal })
    read.abort()
    await expect(reading).rejects.toEqual(withCode('ABORTED'))
    const write = new AbortController()
    const writing = state.set('a', 1, { signal: write.signal })
    await new Promise(setImmediate)
    write.abort()
    await expect(writing).rejects.toEqual(withCode('OUTCOME_UNKNOWN'))
    await state.close()
  })

  test('keeps its place until it answers: what waits behind it is never sent', async () => {
    let sent = 0
    const backend = testBackend({
      get: () => {
        sent++
        return never<undefined>()
      },
    })
    const state = await createState({
      backends: { slow: backend },
      maxConcurrentOperations: 1,
      timeoutMs: 20,
    })
    const results = await Promise.allSettled([state.get('a'), state.set('b', 1)])
    expect(results.map((result) => (result as PromiseRejectedResult).reason.code)).toEqual([
      'TIMEOUT',
      'TIMEOUT',
    ])
    expect(sent).toBe(1)
    await state.close()
  })
})

describe('the limit of concurrent operations', () => {
  function gated() {
    const waiting: (() => void)[] = []
    let running = 0
    let most = 0
    const order: string[] = []
    const backend = testBackend({
      async get(key) {
        order.push(key)
        most = Math.max(most, ++running)
        await new Promise<void>((resolve) => waiting.push(resolve))
        running--
        return undefined
      },
    })
    const release = async (): Promise<void> => {
      while (waiting.length > 0) {
        waiting.shift()?.()
        await new Promise(setImmediate)
      }
    }
    return { backend, release, order, most: () => most }
  }

  test('is kept, and those who wait go in their order', async () => {
    const { backend, release, order, most } = gated()
    const state = await createState({ backends: { a: backend }, maxConcurrentOperations: 3 })
    const keys = Array.from({ length: 20 }, (_, i) => `key${i}`)
    const all = Promise.all(keys.map((key) => state.get(key)))
    await release()
    await all
    expect(most()).toBe(3)
    expect(order).toEqual(keys)
    await state.close()
  })

  test('refuses with OVERLOADED when too many wait, and recovers', async () => {
    const { backend, release } = gated()
    const limits = { maxConcurrentOperations: 1, maxQueuedOperations: 1 }
    const state = await createState({ backends: { a: backend }, ...limits })
    const first = state.get('1')
    const second = state.get('2')
    await expect(state.get('3')).rejects.toEqual(withCode('OVERLOADED'))
    await release()
    await Promise.all([first, second])
    const later = state.get('4')
    await release()
    await later
    await state.close()
  })

  test('gives the place of one who gave up waiting to the next', async () => {
    const { backend, release, order } = gated()
    const state = await createState({ backends: { a: backend }, maxConcurrentOperations: 1 })
    const first = state.get('1')
    const stop = new AbortController()
    const second = state.get('2', { signal: stop.signal })
    const third = state.get('3')
    stop.abort()
    await expect(second).rejects.toEqual(withCode('ABORTED'))
    await release()
    await Promise.all([first, third])
    expect(order).toEqual(['1', '3'])
    await state.close()
  })
})

describe('what a backend does wrong', () => {
  test('an error of its own is a BACKEND_ERROR with its cause', async () => {
    const cause = new TypeError('broken')
    const fail = (): never => {
      throw cause
    }
    const state = await createState({
      backends: { bad: testBackend({ get: fail, set: async () => fail() }) },
    })
    for (const failing of [state.get('a'), state.set('a', 1)]) {
      await expect(failing).rejects.toEqual(
        expect.objectContaining({ code: 'BACKEND_ERROR', backend: 'bad', cause }),
      )
    }
    await state.close()
  })

  test('a StateError keeps its code and learns where it happened', async () => {
    const failing = async (): Promise<never> => {
      throw new StateError('UNAVAILABLE', 'down')
    }
    const state = await createState({ backends: { bad: testBackend({ get: failing }) } })
    await expect(state.get('a')).rejects.toEqual(
      expect.objectContaining({
        code: 'UNAVAILABLE',
        backend: 'bad',
        operation: 'get',
        key: 'a',
        retryable: true,
      }),
    )
    await state.close()
  })

  test.each([
    ['text for an entry', { get: () => 'x' as never }],
    ['an entry without a version', { get: () => ({ value: new Uint8Array([49]) }) as never }],
    ['a value that is not bytes', { get: () => ({ value: '1', version: 'v' }) as never }],
  ])('%s is CORRUPT', async (_, methods) => {
    const state = await createState({ backends: { bad: testBackend(methods) } })
    await expect(state.get('a')).rejects.toEqual(withCode('CORRUPT'))
    await state.close()
  })

  test('too few entries for the keys is CORRUPT', async () => {
    const state = await createState({ backends: { bad: testBackend({ getMany: async () => [] }) } })
    await expect(state.getMany(['a', 'b'])).rejects.toEqual(withCode('CORRUPT'))
    await state.close()
  })
})

describe('onOperation', () => {
  test('is told each operation, its backend, time and error', async () => {
    const samples: OperationSample[] = []
    const state = await createState({
      backends: { a: testBackend({ delete: () => Promise.reject(new Error('no')) }) },
      onOperation: (sample) => samples.push(sample),
    })
    await state.set('a', 1)
    await state.get('a')
    await state.delete('a').catch(() => undefined)
    await state.close()
    expect(samples.map(({ operation, backend, error }) => [operation, backend, error?.code])).toEqual([
      ['set', 'a', undefined],
      ['get', 'a', undefined],
      ['delete', 'a', 'BACKEND_ERROR'],
    ])
    for (const { durationMs } of samples) expect(durationMs).toBeGreaterThanOrEqual(0)
  })

  test('that throws fails no operation and is reported', async () => {
    const warnings: string[] = []
    const state = await createState({
      backends: { a: testBackend() },
      logger: { warn: (message) => warnings.push(message) },
      onOperation: () => {
        throw new Error('metrics are down')
      },
    })
    const errors: StateError[] = []
    state.on('error', (error) => errors.push(error))
    await state.set('a', 1)
    expect(await state.get('a')).toBe(1)
    expect(errors).toHaveLength(2)
    expect(warnings[0]).toContain('metrics are down')
    await state.close()
  })
})

test.each([0, -1, Number.NaN])('a time limit of %s is refused', async (timeoutMs) => {
  const state = await createState({ backends: { a: testBackend() } })
  await expect(state.get('a', { timeoutMs })).rejects.toEqual(withCode('INVALID_OPTIONS'))
  await state.close()
})

test('a time limit of weeks does not fire at once', async () => {
  const backend = testBackend({
    get: () => new Promise<undefined>((resolve) => setTimeout(resolve, 20, undefined)),
  })
  const state = await createState({ backends: { a: backend } })
  expect(await state.get('a', { timeoutMs: 2 ** 40 })).toBeUndefined()
  await state.close()
})
