import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { parseTtl, type Ttl } from '../src/index.ts'
import { codeOf, failureOf, testState } from './test-state.ts'

const YEAR_MS = 365 * 86_400_000

describe('a TTL', () => {
  it.each([
    [1, 1],
    [1500, 1500],
    [0.2, 1],
    [1.5, 2],
    ['500ms', 500],
    ['1s', 1000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['520w', 314_496_000_000],
    ['0.5ms', 1],
    [30 * YEAR_MS, 30 * YEAR_MS],
  ] satisfies [Ttl, number][])('%j is %d ms', (ttl, ms) => {
    expect(parseTtl(ttl)).toBe(ms)
  })

  it.each([
    ...[0, -1, -0.1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE],
    ...[
      '0s',
      '0ms',
      '-5m',
      '5',
      '',
      's',
      '5 m',
      ' 5m',
      '5m ',
      '5M',
      '5min',
      '1h30m',
      '1e3s',
      'Infinityms',
      '.5s',
      '5.s',
    ],
    ...[`${'9'.repeat(400)}d`, null, true, {}, 5n, new Date()],
  ])('%s is refused', async (ttl) => {
    expect(await codeOf(() => parseTtl(ttl as Ttl))).toBe('INVALID_TTL')
  })

  it('tells what was given and what is allowed', async () => {
    const error = await failureOf(() => parseTtl('5min' as Ttl))
    expect(error.message).toContain("'5min'")
    expect(error.message).toContain("'30s'")
  })

  it('means the same in each unit', () => {
    const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
        (count, unit) => {
          expect(parseTtl(`${count}${unit}`)).toBe(count * units[unit])
        },
      ),
    )
  })

  it('is never less than what was asked for, and at most a millisecond more', () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: 1e12, noNaN: true }), (ms) => {
        const parsed = parseTtl(ms)
        expect(Number.isSafeInteger(parsed) && parsed >= ms && parsed <= ms + 1).toBe(true)
      }),
    )
  })

  it('is checked by the compiler where it is written out', () => {
    expectTypeOf<'5m'>().toExtend<Ttl>()
    expectTypeOf<5>().toExtend<Ttl>()
    expectTypeOf<'5 minutes'>().not.toExtend<Ttl>()
    expectTypeOf<'m'>().not.toExtend<Ttl>()
  })
})

describe('an expiry', () => {
  it('is the instant of the write and the TTL, on the clock that was given', async () => {
    const { state, clock } = await testState()
    const { expiresAt } = await state.set('a', 1, { ttl: '1h' })
    expect(expiresAt).toBe(clock.now() + 3_600_000)
  })

  it('may lie decades ahead', async () => {
    const { state, clock } = await testState()
    await state.set('a', 1, { ttl: 50 * YEAR_MS })
    clock.advance(50 * YEAR_MS - 1)
    expect(await state.get('a')).toBe(1)
    clock.advance(1)
    expect(await state.get('a')).toBeUndefined()
  })

  it('that no Date can hold is refused, and nothing is written', async () => {
    const { state } = await testState()
    expect(await codeOf(() => state.set('a', 1, { ttl: 8.64e15 }))).toBe('INVALID_TTL')
    expect(await state.has('a')).toBe(false)
  })

  it.each([0, -1, Number.NaN, '5 minutes' as Ttl])(
    'of TTL %j is refused by every write, before it is sent',
    async (ttl) => {
      const sent: string[] = []
      const { state } = await testState({ onOperation: ({ operation }) => sent.push(operation) })
      for (const write of [
        () => state.set('a', 1, { ttl }),
        () => state.setMany([{ key: 'a', value: 1, ttl }]),
        () => state.touch('a', ttl),
        () => state.increment('a', 1, { ttl }),
        () => state.transaction({ operations: [{ op: 'set', key: 'a', value: 1, ttl }] }),
        () => state.namespace('n', { ttl }),
      ]) {
        expect(await codeOf(write)).toBe('INVALID_TTL')
      }
      expect(sent).toEqual([])
    },
  )
})
