import { describe, expect, test, vi } from 'vitest'
import { createState, type StateError, type StateOptions } from '../src/index.ts'
import { manualClock, never, testBackend } from './test-backend.ts'

const withCode = (code: string) => expect.objectContaining({ code })

describe('createState refuses', () => {
  const a = testBackend()
  test.each<[string, object]>([
    ['no backends', { backends: {} }],
    ['nothing', {}],
    ['two backends and none named active', { backends: { a, b: a } }],
    ['an active one that is not there', { backends: { a }, active: 'b' }],
    ['what is not a backend', { backends: { a: {} } }],
    ['a limit of 0', { backends: { a }, maxConcurrentOperations: 0 }],
    ['a time limit below 1', { backends: { a }, timeoutMs: 0 }],
  ])('%s', async (_, options) => {
    await expect(createState(options as StateOptions)).rejects.toEqual(withCode('INVALID_OPTIONS'))
  })

  test('an interval that is none', async () => {
    await expect(createState({ backends: { a }, cleanupInterval: '0s' })).rejects.toEqual(
      withCode('INVALID_TTL'),
    )
  })

  test('at compile time an active one that is not there', () => {
    // @ts-expect-error: there is no 'b'
    const options: StateOptions<'a'> = { backends: { a }, active: 'b' }
    expect(options.active).toBe('b')
  })
})

describe('backends', () => {
  test('are opened when first needed, and closed with the state', async () => {
    const seen: string[] = []
    const state = await createState({ backends: { a: testBackend(), b: testBackend() }, active: 'a' })
    state.on('backend', ({ type, backend }) => seen.push(`${type} ${backend}`))
    expect(state.backends.list().map(({ name, open }) => [name, open])).toEqual([
      ['a', true],
      ['b', false],
    ])
    expect(await state.backends.health('b')).toEqual({ healthy: true })
    state.backends.register('c', testBackend())
    expect(() => state.backends.register('c', testBackend())).toThrow(withCode('BACKEND_IN_USE'))
    await state.backends.unregister('b')
    await expect(state.backends.health('b')).rejects.toEqual(withCode('UNKNOWN_BACKEND'))
    await expect(state.backends.unregister('a')).rejects.toEqual(withCode('BACKEND_IN_USE'))
    expect(seen).toEqual(['opened b', 'registered c', 'closed b', 'unregistered b'])
    await state.close()
  })

  test('that fail or hang are unhealthy, and say why', async () => {
    const failing = testBackend({ checkHealth: () => Promise.reject(new Error('on fire')) })
    const sick = testBackend({ checkHealth: async () => ({ healthy: false, reason: 'tired' }) })
    const state = await createState({ backends: { a: testBackend(), failing, sick }, active: 'a' })
    expect(await state.backends.health('failing')).toEqual(
      expect.objectContaining({ healthy: false, reason: expect.stringContaining('on fire') }),
    )
    expect(await state.backends.health('sick')).toEqual({ healthy: false, reason: 'tired' })
    await state.close()
  })

  test('that could not be opened may be tried again', async () => {
    let down = true
    const backend = testBackend()
    const flaky = {
      ...backend,
      open: (context: Parameters<typeof backend.open>[0]) => {
        if (down) throw new Error('down')
        return backend.open(context)
      },
    }
    const state = await createState({ backends: { a: backend, flaky }, active: 'a' })
    expect((await state.backends.health('flaky')).healthy).toBe(false)
    down = false
    expect((await state.backends.health('flaky')).healthy).toBe(true)
    await state.close()
  })
})

describe('close', () => {
  test('lets what is in flight end, and refuses the rest', async () => {
    let answer = (): void => undefined
    const slow = testBackend({ get: () => new Promise((resolve) => (answer = () => resolve(undefined))) })
    const state = await createState({ backends: { slow } })
    const inFlight = state.get('a')
    const closing = state.close()
    expect(state.close()).toBe(closing)
    await expect(state.set('a', 1)).rejects.toEqual(withCode('CLOSED'))
    answer()
    expect(await inFlight).toBeUndefined()
    await closing
    await expect(state.get('a')).rejects.toEqual(withCode('CLOSED'))
    await expect(Array.fromAsync(state.keys())).rejects.toEqual(withCode('CLOSED'))
  })

  test('comes with `await using`', async () => {
    const close = vi.fn(async () => undefined)
    {
      await using state = await createState({ backends: { a: testBackend({ close }) } })
      await state.set('a', 1)
    }
    expect(close).toHaveBeenCalledOnce()
  })
})

describe('the periodic cleanup', () => {
  test('runs, can be stopped, and tells what has expired', async () => {
    const clock = manualClock()
    const state = await createState({ backends: { a: testBackend() }, clock, cleanupInterval: false })
    const expired = Promise.withResolvers<string>()
    state.on('change', ({ type, key }) => {
      if (type === 'expire') expired.resolve(key)
    })
    await state.set('a', 1, { ttl: 10 })
    clock.advance(10)
    expect(await state.stats()).toMatchObject({ keys: 0, expired: 1 })
    state.startCleanup(5)
    expect(await expired.promise).toBe('a')
    await state.stopCleanup()
    await state.set('b', 1, { ttl: 10 })
    clock.advance(10)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(await state.stats()).toMatchObject({ expired: 1 })
    await state.close()
  })

  test('that fails is reported, and goes on', async () => {
    const cleanup = vi.fn(() => Promise.reject(new Error('no disk')))
    const errors: StateError[] = []
    const warn = vi.fn()
    const state = await createState({
      backends: { a: testBackend({ cleanup }) },
      cleanupInterval: 5,
      logger: { warn },
    })
    const twice = new Promise<void>((resolve) => {
      state.on('error', (error) => {
        if (errors.push(error) === 2) resolve()
      })
    })
    await twice
    expect(errors[0]).toEqual(expect.objectContaining({ code: 'BACKEND_ERROR', operation: 'cleanup' }))
    expect(warn.mock.calls[0]?.[0]).toContain('no disk')
    await state.close()
  })

  test('does not hold up the closing for ever', async () => {
    const state = await createState({
      backends: { a: testBackend({ cleanup: () => never() }) },
      cleanupInterval: 1,
      timeoutMs: 50,
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    await state.close()
  })
})
