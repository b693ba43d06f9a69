import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareKeys, type State } from '../src/index.ts'
import { codeOf, collect, testState } from './test-state.ts'

const key = fc
  .string({
    unit: fc.constantFrom('a', 'b', ':', 'é', '\ud7ff', '\ue000', '\uffff', '\u{1f600}'),
    maxLength: 4,
  })
  .filter((text) => text !== '')

async function pageThrough(state: Pick<State, 'keys'>, prefix: string, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | undefined
  do {
    const page = await state.keys({ prefix, limit, ...(cursor === undefined ? {} : { cursor }) }).page()
    pages.push([...page.items])
    cursor = page.cursor
  } while (cursor !== undefined)
  return pages
}

describe.each([true, false])('pages of a backend with ordered: %s', (ordered) => {
  it('are those of a sorted list of the keys, for any keys, prefix and limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 30 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '\ue000'), maxLength: 2 }),
        fc.integer({ min: 1, max: 8 }),
        async (keys, prefix, limit) => {
          const { state } = await testState({ capabilities: { ordered } })
          await state.setMany(keys.map((one) => ({ key: one, value: 1 })))
          const wanted = keys.filter((one) => one.startsWith(prefix)).sort(compareKeys)
          const pages = await pageThrough(state, prefix, limit)
          expect(pages.flat()).toEqual(wanted)
          for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit)
          expect(pages).toHaveLength(Math.max(1, Math.ceil(wanted.length / limit)))
          expect((await collect(state.keys({ prefix }))).toSorted(compareKeys)).toEqual(wanted)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('go on after any key, also one that is gone or never was', async () => {
    const { state } = await testState({ capabilities: { ordered } })
    await state.setMany(['b', 'd', 'f'].map((one) => ({ key: one, value: 1 })))
    expect(await state.keys({ cursor: 'a' }).page()).toEqual({ items: ['b', 'd', 'f'] })
    expect(await state.keys({ cursor: 'd' }).page()).toEqual({ items: ['f'] })
    expect(await state.keys({ cursor: 'e', limit: 1 }).page()).toEqual({ items: ['f'] })
    expect(await state.keys({ cursor: 'f' }).page()).toEqual({ items: [] })
    expect((await collect(state.keys({ cursor: 'b' }))).toSorted()).toEqual(['d', 'f'])
  })

  it('have a cursor exactly when more follows', async () => {
    const { state } = await testState({ capabilities: { ordered } })
    await state.setMany(['a', 'b'].map((one) => ({ key: one, value: 1 })))
    expect(await state.keys({ limit: 1 }).page()).toEqual({ items: ['a'], cursor: 'a' })
    expect(await state.keys({ limit: 2 }).page()).toEqual({ items: ['a', 'b'] })
    expect(await state.keys({ prefix: 'x' }).page()).toEqual({ items: [] })
  })

  it('hold 1,000 keys if not told otherwise, and an iteration all', async () => {
    const { state } = await testState({ capabilities: { ordered } })
    const keys = Array.from({ length: 4500 }, (_, i) => `k${String((i * 7919) % 4500).padStart(4, '0')}`)
    await state.setMany(keys.map((one) => ({ key: one, value: 1 })))
    const page = await state.keys().page()
    expect(page.items).toEqual(keys.toSorted().slice(0, 1000))
    expect(page.cursor).toBe('k0999')
    expect((await state.keys({ limit: 2500 }).page()).items).toHaveLength(2500)
    expect(await collect(state.keys())).toHaveLength(4500)
    expect(await collect(state.keys({ limit: 1700 }))).toHaveLength(1700)
  })

  it('hold entries with value, version and expiry', async () => {
    const { state } = await testState({ capabilities: { ordered } })
    const inner = state.namespace('n')
    const a = await inner.set('a', { deep: [1] }, { ttl: '1h' })
    const b = await inner.set('b', null)
    await state.set('other', 1)
    const items = [
      { key: 'a', value: { deep: [1] }, ...a },
      { key: 'b', value: null, ...b },
    ]
    expect(await inner.entries().page()).toEqual({ items })
    expect((await collect(inner.entries())).toSorted((x, y) => compareKeys(x.key, y.key))).toEqual(items)
  })

  it('do not hold what has expired', async () => {
    const { state, clock } = await testState({ capabilities: { ordered } })
    await state.set('a', 1, { ttl: 10 })
    await state.set('b', 1, { ttl: 11 })
    clock.advance(10)
    expect(await state.keys().page()).toEqual({ items: ['b'] })
    expect(await collect(state.keys())).toEqual(['b'])
  })
})

describe('a prefix', () => {
  it('is literal', async () => {
    const { state } = await testState()
    const keys = ['*', '%a', '_a', 'a*b', 'ab', '[a]']
    await state.setMany(keys.map((one) => ({ key: one, value: 1 })))
    for (const prefix of keys) {
      expect(await collect(state.keys({ prefix }))).toEqual(keys.filter((one) => one.startsWith(prefix)))
    }
  })

  it('of what is no text is refused', async () => {
    const { state } = await testState()
    expect(await codeOf(() => state.keys({ prefix: '\ud800' }).page())).toBe('INVALID_KEY')
    expect(await codeOf(() => collect(state.keys({ prefix: 'a\0' })))).toBe('INVALID_KEY')
  })
})

describe('an iteration', () => {
  it('fails with the code of the store, after what came before', async () => {
    const { state } = await testState({}, () => ({
      async *list() {
        yield [{ key: 'a' }]
        throw new Error('disk')
      },
    }))
    const seen: string[] = []
    const code = await codeOf(async () => {
      for await (const one of state.keys()) seen.push(one)
    })
    expect(code).toBe('BACKEND_ERROR')
    expect(seen).toEqual(['a'])
  })

  it('takes no place among the operations while its reader is busy', async () => {
    const { state } = await testState({ maxConcurrentOperations: 1 })
    await state.setMany(['a', 'b'].map((one) => ({ key: one, value: 1 })))
    const values: unknown[] = []
    for await (const one of state.keys()) values.push(await state.get(one))
    expect(values).toEqual([1, 1])
  })

  it('lets its reader delete what it reads', async () => {
    const { state } = await testState()
    await state.setMany(Array.from({ length: 2500 }, (_, i) => ({ key: `k${i}`, value: 1 })))
    for await (const one of state.keys()) await state.delete(one)
    expect(await state.keys().page()).toEqual({ items: [] })
  })

  it('can be made again from one listing', async () => {
    const { state } = await testState()
    await state.set('a', 1)
    const keys = state.keys()
    expect([await collect(keys), await collect(keys)]).toEqual([['a'], ['a']])
  })
})

describe('clear()', () => {
  it('deletes what has the prefix, in its namespace, and counts it', async () => {
    const { state } = await testState()
    const inner = state.namespace('n')
    await inner.setMany(['a1', 'a2', 'b'].map((one) => ({ key: one, value: 1 })))
    await state.set('a1', 1)
    expect(await inner.clear({ prefix: 'a' })).toBe(2)
    expect(await collect(state.keys())).toEqual(['a1', 'n:b'])
    expect(await inner.clear()).toBe(1)
    expect(await inner.clear()).toBe(0)
    expect(await state.clear()).toBe(1)
  })
})
