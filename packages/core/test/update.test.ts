import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import type { Entry } from '../src/index.ts'
import { codeOf, testState, turn } from './test-state.ts'

let outside = 0
const entry = (value: unknown): Entry => ({
  value: Buffer.from(JSON.stringify(value)),
  version: `outside-${outside++}`,
})

afterEach(() => void vi.restoreAllMocks())

describe('update()', () => {
  it('is exact under 100 updates at once that take their time', async () => {
    const { state } = await testState()
    const results = await Promise.all(
      Array.from({ length: 100 }, () =>
        state.update('n', async (n: number = 0) => {
          await turn()
          return n + 1
        }),
      ),
    )
    expect(await state.get('n')).toBe(100)
    expect(results.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    )
  })

  it('is exact together with increments and other keys', async () => {
    const { state } = await testState()
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        i % 2 === 0
          ? state.increment('n')
          : state.update(i % 3 === 0 ? 'm' : 'n', async (n: number = 0) => n + 1),
      ),
    )
    expect(Number(await state.get('n')) + Number(await state.get('m'))).toBe(60)
  })

  it('runs again on the new value when another process wrote in between', async () => {
    const { state, store } = await testState()
    await state.set('n', 1)
    const seen: (number | undefined)[] = []
    const result = await state.update('n', async (n?: number) => {
      seen.push(n)
      if (seen.length <= 3) await store.set('n', entry(seen.length * 10))
      return (n ?? 0) + 1
    })
    expect(seen).toEqual([1, 10, 20, 30])
    expect(result).toBe(31)
    expect(await state.get('n')).toBe(31)
  })

  it('runs again when the key came, went or expired meanwhile', async () => {
    const { state, store, clock } = await testState()
    const seen: unknown[] = []
    await state.update<number>('n', async (n) => {
      seen.push(n)
      if (seen.length === 1) await store.set('n', entry(5))
      if (seen.length === 2) await store.delete('n')
      if (seen.length === 3) await store.set('n', { ...entry(7), expiresAt: clock.now() + 10 })
      if (seen.length === 4) clock.advance(10)
      return 1
    })
    expect(seen).toEqual([undefined, 5, undefined, 7, undefined])
    expect(await state.getEntry('n')).not.toHaveProperty('expiresAt')
  })

  it('gives up with CONFLICT after 100 attempts', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { state, store } = await testState()
    let runs = 0
    const updating = state.update<number>('n', async () => {
      runs++
      await store.set('n', entry('theirs'))
      return 1
    })
    await expect(updating).rejects.toMatchObject({ code: 'CONFLICT', key: 'n', retryable: true })
    expect(runs).toBe(100)
    expect(await state.get('n')).toBe('theirs')
    expect(await state.update('n', () => 'mine')).toBe('mine')
  })

  it.each(['first', 'second'])('passes on as it is what its function throws in the %s run', async (which) => {
    const { state, store } = await testState()
    const mine = new RangeError('mine')
    let runs = 0
    const updating = state.update<number>('n', async () => {
      if (which === 'first' || runs++ > 0) throw mine
      await store.set('n', entry(0))
      return 1
    })
    await expect(updating).rejects.toBe(mine)
    expect(await state.update('n', (n: number = 0) => n + 1)).toBe(1)
  })

  it('passes on a function that throws at once, and writes nothing', async () => {
    const { state } = await testState()
    const mine = new Error('mine')
    await expect(
      state.update('n', () => {
        throw mine
      }),
    ).rejects.toBe(mine)
    expect(await state.has('n')).toBe(false)
  })

  it('deletes for undefined, and leaves an absent key absent', async () => {
    const { state } = await testState()
    await state.set('n', 1)
    expect(await state.update('n', () => undefined)).toBeUndefined()
    expect(await state.has('n')).toBe(false)
    expect(await state.update('n', () => undefined)).toBeUndefined()
  })

  it('writes nothing once its signal has aborted, also if that happens in its function', async () => {
    const { state } = await testState()
    const stop = new AbortController()
    const updating = state.update(
      'n',
      async () => {
        stop.abort()
        return 1
      },
      { signal: stop.signal },
    )
    expect(await codeOf(() => updating)).toBe('ABORTED')
    expect(await codeOf(() => state.update('n', () => 1, { signal: stop.signal }))).toBe('ABORTED')
    expect(await state.has('n')).toBe(false)
  })

  it('refuses what cannot be stored, and leaves what is there', async () => {
    const { state } = await testState()
    await state.set('n', 1)
    expect(await codeOf(() => state.update<unknown>('n', () => new Map()))).toBe('NOT_SERIALIZABLE')
    expect(await codeOf(() => state.update<unknown>('', () => 1))).toBe('INVALID_KEY')
    expect(await state.get('n')).toBe(1)
  })

  it('takes the type of the value from a default', async () => {
    const { state } = await testState()
    const list = await state.update('list', (items: readonly string[] = []) => [...items, 'a'])
    expectTypeOf(list).toEqualTypeOf<string[] | undefined>()
    expect(list).toEqual(['a'])
  })

  it('of other keys does not wait for one that takes long', async () => {
    const { state } = await testState()
    const gate = Promise.withResolvers<number>()
    const slow = state.update<number>('slow', () => gate.promise)
    expect(await state.update('fast', () => 1)).toBe(1)
    gate.resolve(2)
    expect(await slow).toBe(2)
  })
})
