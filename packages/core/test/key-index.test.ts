import { compareKeys } from '@switchyard/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeyIndex, type KeyIndex } from '../src/key-index.ts'

/** A map with an index, as the store keeps them. */
function indexed() {
  const map = new Map<string, number>()
  const index = createKeyIndex(map)
  return {
    index,
    map,
    add(key: string): void {
      const isNew = !map.has(key)
      map.set(key, 1)
      if (isNew) index.add(key)
    },
    remove(key: string): void {
      if (map.delete(key)) index.delete()
    },
  }
}

/** What the index has to answer. */
function expectedRange(
  map: ReadonlyMap<string, number>,
  prefix: string,
  after: string | undefined,
  limit: number,
): string[] {
  return [...map.keys()]
    .filter((key) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0))
    .sort(compareKeys)
    .slice(0, limit)
}

function allKeys(index: KeyIndex, prefix: string, limit: number): string[] {
  const keys: string[] = []
  let after: string | undefined
  for (;;) {
    const page = index.range(prefix, after, limit)
    if (page.length === 0) return keys
    keys.push(...page)
    after = page.at(-1)
  }
}

/** Few enough to meet each other, and on both sides of where UTF-16 and UTF-8 order differently. */
const text = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    ':',
    'é',
    '\ud7ff',
    '\ue000',
    '\ufffd',
    '\uffff',
    '\u{10000}',
    '\u{1f600}',
    '\u{10ffff}',
  ),
  maxLength: 4,
})
const key = text.filter((any) => any !== '')

type Step =
  | { readonly type: 'add' | 'remove'; readonly keys: readonly string[] }
  | { readonly type: 'many'; readonly prefix: string; readonly count: number; readonly step: number }
  | { readonly type: 'few'; readonly keep: number }
  | {
      readonly type: 'range'
      readonly prefix: string
      readonly after?: string | undefined
      readonly limit: number
    }

const range = fc.record({
  type: fc.constant('range' as const),
  prefix: text,
  after: fc.option(key, { nil: undefined }),
  limit: fc.integer({ min: 1, max: 50 }),
})

function run(steps: readonly Step[]): void {
  const { index, map, add, remove } = indexed()
  const compare = (prefix: string, after: string | undefined, limit: number): void => {
    expect(index.range(prefix, after, limit)).toEqual(expectedRange(map, prefix, after, limit))
  }
  for (const step of steps) {
    if (step.type === 'add') step.keys.forEach(add)
    else if (step.type === 'remove') step.keys.forEach(remove)
    else if (step.type === 'many') {
      // A step that is prime to the count visits all numbers, out of order.
      for (let i = 0; i < step.count; i++) add(`${step.prefix}${(i * step.step) % step.count}`)
    } else if (step.type === 'few') {
      for (const [i, one] of [...map.keys()].entries()) if (i % step.keep !== 0) remove(one)
    } else if (step.type === 'range') compare(step.prefix, step.after, step.limit)
  }
  compare('', undefined, Number.POSITIVE_INFINITY)
  expect(allKeys(index, '', 7)).toEqual(expectedRange(map, '', undefined, Number.POSITIVE_INFINITY))
}

describe('the key index', () => {
  it('answers as a sorted list of the keys, whatever comes, goes and comes again', () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ type: fc.constant('add' as const), keys: fc.array(key, { maxLength: 20 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          type: fc.constant('remove' as const),
          keys: fc.array(key, { maxLength: 20 }),
        }),
      },
      { weight: 3, arbitrary: range },
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), run), { numRuns: 300 })
  })

  it('does so for thousands of keys too', () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({
        type: fc.constant('many' as const),
        prefix: text,
        count: fc.integer({ min: 100, max: 4000 }),
        step: fc.constantFrom(1, 7919, 104_729),
      }),
      fc.record({ type: fc.constant('few' as const), keep: fc.integer({ min: 2, max: 50 }) }),
      fc.record({ type: fc.constant('add' as const), keys: fc.array(key, { maxLength: 20 }) }),
      range,
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 12 }), run), { numRuns: 40 })
  })

  it('keeps 20,000 keys in order, added one by one with a listing between', () => {
    const { index, map, add } = indexed()
    for (let i = 0; i < 20_000; i++) {
      add(`key${(i * 7919) % 20_000}`)
      if (i % 500 === 0)
        expect(index.range('key', undefined, 3)).toEqual(expectedRange(map, 'key', undefined, 3))
    }
    expect(allKeys(index, '', 1000)).toEqual([...map.keys()].sort(compareKeys))
  })

  it('lists keys again that left and came back', () => {
    const { index, add, remove } = indexed()
    const keys = Array.from({ length: 6000 }, (_, i) => `k${String(i).padStart(5, '0')}`)
    for (let round = 0; round < 3; round++) {
      keys.forEach(add)
      expect(allKeys(index, '', 1000)).toEqual(keys)
      keys.forEach(remove)
      expect(index.range('', undefined, 10)).toEqual([])
    }
  })

  it('goes over to the order of UTF-8 when the first key comes that needs it', () => {
    const { index, add } = indexed()
    for (let i = 0; i < 3000; i++) add(`a${i}`)
    index.range('', undefined, 1)
    const special = ['\u{1f600}', '\uffff', '\ue000', '\ud7ff', 'é']
    special.forEach(add)
    expect(index.range('', 'a999', 10)).toEqual(['é', '\ud7ff', '\ue000', '\uffff', '\u{1f600}'])
    expect(index.range('', '\uffff', 10)).toEqual(['\u{1f600}'])
  })
})
