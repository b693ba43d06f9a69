import { scatteredKeyAt, valueAt } from './data.ts'
import type { Subject, Subjects } from './subjects/subject.ts'

const TICK_MS = 5
const WORKERS = 64
const ROUNDS = 5
const SLICE_MS = 600

export interface Ticks {
  readonly subject: string
  /** In each round, the share of the timer's ticks that came. */
  readonly shares: readonly number[]
  /** In each round, operations per second. */
  readonly rates: readonly number[]
}

/** A timer's ticks while nothing runs and while 64 workers read and write 80 to 20, in rotating order. */
export async function measureTicks(idle: string, subjects: Subjects): Promise<readonly Ticks[]> {
  const all: [string, Subject | undefined][] = [[idle, undefined], ...subjects]
  const results = all.map(([subject]) => ({ subject, shares: [] as number[], rates: [] as number[] }))
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const at = (turn + round) % all.length
      const { share, rate } = await slice(all[at]?.[1])
      results[at]?.shares.push(share)
      results[at]?.rates.push(rate)
    }
  }
  return results
}

let position = 0

async function slice(subject: Subject | undefined): Promise<{ share: number; rate: number }> {
  let ticks = 0
  let count = 0
  const start = performance.now()
  const timer = setInterval(() => ticks++, TICK_MS)
  const worker = async (): Promise<void> => {
    while (performance.now() - start < SLICE_MS) {
      const i = position++
      await (i % 5 === 0 ? subject?.set(scatteredKeyAt(i), valueAt(i)) : subject?.get(scatteredKeyAt(i)))
      count++
    }
  }
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SLICE_MS))
  await (subject === undefined ? pause() : Promise.all(Array.from({ length: WORKERS }, worker)))
  const elapsedMs = performance.now() - start
  clearInterval(timer)
  return { share: ticks / (elapsedMs / TICK_MS), rate: (count * 1000) / elapsedMs }
}
