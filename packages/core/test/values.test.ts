import { describe, expect, expectTypeOf, it } from 'vitest'
import type { TransactionOperationResult, Written } from '../src/index.ts'
import { codeOf, failureOf, testState } from './test-state.ts'

describe('absent and null', () => {
  it('are two things', async () => {
    const { state } = await testState()
    await state.set('null', null)
    expect(await state.get('null')).toBeNull()
    expect(await state.has('null')).toBe(true)
    expect(await state.get('absent')).toBeUndefined()
    expect(await state.getEntry('absent')).toBeUndefined()
    expect(await state.has('absent')).toBe(false)
    expect(await state.getMany(['null', 'absent'])).toEqual([null, undefined])
  })

  it('undefined is refused by every write, and changes nothing', async () => {
    const { state } = await testState()
    await state.set('a', 1)
    for (const write of [
      () => state.set('a', undefined),
      () => state.set('a', undefined, { ttl: '1h' }),
      () =>
        state.setMany([
          { key: 'b', value: 1 },
          { key: 'a', value: undefined },
        ]),
      () => state.transaction({ operations: [{ op: 'set', key: 'a', value: undefined }] }),
    ]) {
      expect(await failureOf(write)).toMatchObject({ code: 'NOT_SERIALIZABLE', key: 'a' })
    }
    expect(await state.getMany(['a', 'b'])).toEqual([1, undefined])
  })
})

describe('what is read', () => {
  it('comes with the version and expiry that its write gave', async () => {
    const { state, clock } = await testState()
    const written = await state.set('a', 'x', { ttl: '1m' })
    expect(written.expiresAt).toBe(clock.now() + 60_000)
    expect(await state.getEntry('a')).toEqual({ value: 'x', ...written })
    const [one, none] = await state.getManyEntries(['a', 'b'])
    expect([one, none]).toEqual([{ value: 'x', ...written }, undefined])
    expect(Object.keys(await state.set('b', 1))).toEqual(['version'])
  })

  it('comes in the order of the keys, also for keys given twice', async () => {
    const { state } = await testState()
    const written = await state.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ])
    expectTypeOf(written).toEqualTypeOf<readonly Written[]>()
    expect(await state.getMany(['b', 'x', 'a', 'b'])).toEqual([2, undefined, 1, 2])
    expect((await state.getManyEntries(['a', 'b'])).map((entry) => entry?.version)).toEqual(
      written.map(({ version }) => version),
    )
    expect([await state.getMany([]), await state.setMany([]), await state.deleteMany([])]).toEqual([
      [],
      [],
      0,
    ])
  })

  it('is nobody else’s: changing it changes nothing in the store', async () => {
    const { state } = await testState()
    const given = { list: [1] }
    await state.set('a', given)
    given.list.push(2)
    const read = await state.get<typeof given>('a')
    read?.list.push(3)
    expect(await state.get('a')).toEqual({ list: [1] })
  })
})

describe('conditions', () => {
  it('ifVersion writes on that version only', async () => {
    const { state } = await testState()
    const { version } = await state.set('a', 1)
    await state.set('a', 2, { ifVersion: version })
    expect(await failureOf(() => state.set('a', 3, { ifVersion: version }))).toMatchObject({
      code: 'CONFLICT',
      key: 'a',
    })
    expect(await codeOf(() => state.delete('a', { ifVersion: version }))).toBe('CONFLICT')
    expect(await codeOf(() => state.set('absent', 1, { ifVersion: version }))).toBe('CONFLICT')
    expect(await state.get('a')).toBe(2)
  })

  it('ifAbsent writes where there is nothing, expired counting as nothing', async () => {
    const { state, clock } = await testState()
    await state.set('a', 1, { ifAbsent: true, ttl: 10 })
    expect(await codeOf(() => state.set('a', 2, { ifAbsent: true }))).toBe('CONFLICT')
    clock.advance(10)
    await state.set('a', 3, { ifAbsent: true })
    expect(await state.get('a')).toBe(3)
  })

  it('that exclude each other are refused', async () => {
    const { state } = await testState()
    expect(await codeOf(() => state.set('a', 1, { ifAbsent: true, ifVersion: 'x' }))).toBe('INVALID_OPTIONS')
    expect(await codeOf(() => state.set('a', 1, { keepTtl: true, ttl: 5 }))).toBe('INVALID_OPTIONS')
    expect(await state.has('a')).toBe(false)
  })
})

describe('the TTL of a key', () => {
  it('ends with a set that gives none', async () => {
    const { state } = await testState()
    await state.set('a', 1, { ttl: '1h' })
    await state.set('a', 2)
    expect((await state.getEntry('a'))?.expiresAt).toBeUndefined()
  })

  it('stays with keepTtl, and one that expired does not come back', async () => {
    const { state, clock } = await testState()
    const { expiresAt } = await state.set('a', 1, { ttl: 1000 })
    clock.advance(400)
    expect(await state.set('a', 2, { keepTtl: true })).toMatchObject({ expiresAt })
    clock.advance(600)
    expect(await state.set('a', 3, { keepTtl: true })).not.toHaveProperty('expiresAt')
    expect(await state.get('a')).toBe(3)
  })

  it('with keepTtl is the namespace’s for a new key, and none for one that has none', async () => {
    const { state, clock } = await testState()
    await state.set('n:none', 1)
    const inner = state.namespace('n', { ttl: '1h' })
    expect((await inner.set('new', 1, { keepTtl: true })).expiresAt).toBe(clock.now() + 3_600_000)
    expect(await inner.set('none', 2, { keepTtl: true })).not.toHaveProperty('expiresAt')
  })

  it('with keepTtl goes together with ifVersion and ifAbsent', async () => {
    const { state } = await testState()
    const { version, expiresAt } = await state.set('a', 1, { ttl: '1h' })
    expect(await state.set('a', 2, { keepTtl: true, ifVersion: version })).toMatchObject({ expiresAt })
    expect(await codeOf(() => state.set('a', 3, { keepTtl: true, ifVersion: version }))).toBe('CONFLICT')
    expect(await codeOf(() => state.set('a', 3, { keepTtl: true, ifAbsent: true }))).toBe('CONFLICT')
    expect(await codeOf(() => state.set('b', 3, { keepTtl: true, ifVersion: version }))).toBe('CONFLICT')
    expect(await state.getMany(['a', 'b'])).toEqual([2, undefined])
  })

  it('is renewed by touch and taken off by persist, with a new version and the same value', async () => {
    const { state, clock } = await testState()
    const first = await state.set('a', { x: 1 }, { ttl: 100 })
    expect(await state.touch('a', '1m')).toBe(true)
    const touched = await state.getEntry('a')
    expect(touched).toMatchObject({ value: { x: 1 }, expiresAt: clock.now() + 60_000 })
    expect(touched?.version).not.toBe(first.version)
    expect(await state.persist('a')).toBe(true)
    const kept = await state.getEntry('a')
    expect(kept).toEqual({ value: { x: 1 }, version: kept?.version })
    expect(kept?.version).not.toBe(touched?.version)
    expect(await state.persist('a')).toBe(true)
    expect((await state.getEntry('a'))?.version).toBe(kept?.version)
  })

  it('of what is absent or expired is not renewed', async () => {
    const { state, clock } = await testState()
    await state.set('a', 1, { ttl: 10 })
    clock.advance(10)
    for (const key of ['a', 'nothing']) {
      expect([await state.touch(key, '1h'), await state.persist(key), await state.has(key)]).toEqual([
        false,
        false,
        false,
      ])
    }
  })

  it('is kept by increment and update, and given to what they create', async () => {
    const { state, clock } = await testState()
    const { expiresAt } = await state.set('n', 1, { ttl: 100 })
    clock.advance(50)
    await state.increment('n', 1, { ttl: '1h' })
    await state.update('n', (n: number = 0) => n + 1)
    expect(await state.getEntry('n')).toMatchObject({ value: 3, expiresAt })
    await state.update('n', (n: number = 0) => n + 1, { ttl: 10 })
    expect((await state.getEntry('n'))?.expiresAt).toBe(clock.now() + 10)
    clock.advance(10)
    expect(await state.increment('n', 5, { ttl: '1h' })).toBe(5)
    expect((await state.getEntry('n'))?.expiresAt).toBe(clock.now() + 3_600_000)
  })
})

describe('take()', () => {
  it('gives the value to one of many', async () => {
    const { state } = await testState()
    await state.set('job', { id: 1 })
    const taken = await Promise.all(Array.from({ length: 50 }, () => state.take('job')))
    expect(taken.filter((value) => value !== undefined)).toEqual([{ id: 1 }])
    expect(await state.has('job')).toBe(false)
  })

  it('of what cannot be decoded fails and leaves it there', async () => {
    const { state, store } = await testState()
    await store.set('a', { value: Buffer.from('{"torn'), version: 'v' })
    expect(await codeOf(() => state.take('a'))).toBe('CORRUPT')
    expect(await state.has('a')).toBe(true)
  })
})

describe('increment()', () => {
  it('adds 1 if not told otherwise, from 0 on, in both directions', async () => {
    const { state } = await testState()
    expect(await state.increment('n')).toBe(1)
    expect(await state.increment('n', 10)).toBe(11)
    expect(await state.increment('n', -20)).toBe(-9)
    expect(await state.get('n')).toBe(-9)
    expect(await state.increment('n', 0)).toBe(-9)
  })

  it.each(['text', 1.5, null, { n: 1 }, '5', 1e21])(
    'refuses a value such as %j, and leaves it',
    async (value) => {
      const { state } = await testState()
      await state.set('a', value)
      expect(await failureOf(() => state.increment('a'))).toMatchObject({ code: 'INVALID_VALUE', key: 'a' })
      expect(await state.get('a')).toEqual(value)
    },
  )

  it('refuses a sum beyond safe integers', async () => {
    const { state } = await testState()
    await state.set('a', Number.MAX_SAFE_INTEGER)
    expect(await codeOf(() => state.increment('a'))).toBe('INVALID_VALUE')
    for (const by of [0.5, Number.NaN, 2 ** 53]) {
      expect(await codeOf(() => state.increment('b', by))).toBe('INVALID_VALUE')
    }
    expect(await state.getMany(['a', 'b'])).toEqual([Number.MAX_SAFE_INTEGER, undefined])
  })
})

describe('transaction()', () => {
  it('answers with one result for each operation, in their order', async () => {
    const { state, clock } = await testState()
    await state.set('gone', 1)
    const { results } = await state.transaction({
      operations: [
        { op: 'set', key: 'a', value: 1, ttl: '1m' },
        { op: 'delete', key: 'gone' },
        { op: 'delete', key: 'never' },
        { op: 'increment', key: 'n', by: 5, ttl: '1h' },
        { op: 'increment', key: 'n' },
      ],
    })
    expectTypeOf(results).toEqualTypeOf<readonly TransactionOperationResult[]>()
    const version = expect.any(String)
    const [soon, late] = [clock.now() + 60_000, clock.now() + 3_600_000]
    expect(results).toEqual([
      { op: 'set', version, expiresAt: soon },
      { op: 'delete', deleted: true },
      { op: 'delete', deleted: false },
      { op: 'increment', value: 5, version, expiresAt: late },
      { op: 'increment', value: 6, version, expiresAt: late },
    ])
    expect((await state.getEntry('n'))?.version).toBe((results[4] as Written).version)
    expect((await state.getEntry('a'))?.version).toBe((results[0] as Written).version)
  })

  it('applies nothing where a check fails, and names its key', async () => {
    const { state } = await testState()
    const inner = state.namespace('n')
    const { version } = await inner.set('a', 1)
    const operations = [{ op: 'set', key: 'b', value: 1 }] as const
    const checks = [
      { key: 'a', version },
      { key: 'b', version: 'x' },
    ]
    expect(await failureOf(() => inner.transaction({ checks, operations }))).toMatchObject({
      code: 'CONFLICT',
      key: 'n:b',
    })
    expect(await inner.has('b')).toBe(false)
    await inner.transaction({
      checks: [
        { key: 'a', version },
        { key: 'b', version: null },
      ],
      operations,
    })
    expect(await inner.get('b')).toBe(1)
  })

  it('of nothing does nothing', async () => {
    const { state } = await testState()
    expect(await state.transaction({ operations: [] })).toEqual({ results: [] })
  })
})
