import { expect, test } from 'vitest'
import { type Cells, cells } from '../model/cells.ts'
import { check, type Model, type Packed, type Step } from '../model/checker.ts'

const jugCells = cells(['small', 'large'])

interface Jugs extends Cells<'small' | 'large'>, Packed {}

/** Two jugs of 3 and 5 litres, a tap and a drain. */
function jugs(wanted: number, steps: readonly Step<Jugs>[] = pouring): Model<Jugs> {
  return {
    createState() {
      const words = new Uint32Array(1)
      return Object.assign(jugCells(new Uint16Array(words.buffer), 0), { words })
    },
    begin: () => undefined,
    steps,
    broken: ({ large }) => (large === wanted ? `${wanted} litres` : undefined),
    mustProgress: ({ small, large }) => (small === 3 && large === 5 ? 'stuck' : undefined),
    isGoal: ({ small }) => small === 1,
    show: ({ small, large }) => `${small} ${large}`,
  }
}

function pour(name: string, take: (jugs: Jugs) => void): Step<Jugs> {
  return { name, progress: true, enabled: () => true, take }
}

const pouring = [
  pour('fill the small', (jugs) => {
    jugs.small = 3
  }),
  pour('fill the large', (jugs) => {
    jugs.large = 5
  }),
  pour('empty the small', (jugs) => {
    jugs.small = 0
  }),
  pour('empty the large', (jugs) => {
    jugs.large = 0
  }),
  pour('small to large', (jugs) => {
    const moved = Math.min(jugs.small, 5 - jugs.large)
    jugs.small -= moved
    jugs.large += moved
  }),
  pour('large to small', (jugs) => {
    const moved = Math.min(jugs.large, 3 - jugs.small)
    jugs.small += moved
    jugs.large -= moved
  }),
]

test('finds a shortest way to what is broken', () => {
  const { broken } = check(jugs(4), 100)
  expect(broken?.property).toBe('4 litres')
  expect(broken?.trace.map(({ step, state }) => `${step}: ${state}`)).toEqual([
    'the beginning: 0 0',
    'fill the large: 0 5',
    'large to small: 3 2',
    'empty the small: 0 2',
    'large to small: 2 0',
    'fill the large: 2 5',
    'large to small: 3 4',
  ])
})

test('visits every state once if nothing is broken', () => {
  const taken = pouring.map(({ name }) => name)
  expect(check(jugs(6), 100)).toEqual({ states: 16, depth: 7, reachedGoal: true, taken })
})

test('does not take a step where it is not enabled', () => {
  const spill = { ...pour('spill', () => undefined), enabled: ({ small }: Jugs) => small > 3 }
  expect(check(jugs(6, [...pouring, spill]), 100).taken).not.toContain('spill')
})

test('finds where no step of progress is possible', () => {
  const filling = pouring.slice(0, 2).map((step) => ({ ...step, progress: false }))
  const { broken } = check(jugs(6, filling), 100)
  expect(broken?.property).toBe('stuck')
  expect(broken?.trace.at(-1)?.state).toBe('3 5')
})

test('refuses more states than it may keep', () => {
  expect(() => check(jugs(6), 10)).toThrow(RangeError)
})

test('tells many thousands of states apart', () => {
  const count = (name: 'small' | 'large'): Step<Jugs> => ({
    name,
    enabled: (jugs) => jugs[name] < 400,
    take(jugs) {
      jugs[name]++
    },
  })
  const model = { ...jugs(1000, [count('small'), count('large')]), mustProgress: () => undefined }
  expect(check(model, 1_000_000)).toMatchObject({ states: 401 ** 2, depth: 800 })
})
