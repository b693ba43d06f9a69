/** One thing to measure: does the operation for this number, which chooses the key. */
export type Work = (i: number) => unknown

export interface Measured {
  readonly subject: string
  /** Operations per second, the median of all slices. */
  readonly rate: number
  /** The middle half of the slices lies within this share of the median. */
  readonly spread: number
}

export interface InterleaveOptions {
  /** Promises that are outstanding at a time. */
  readonly concurrency?: number
  readonly rounds?: number
  readonly sliceMs?: number
  /** What one call counts for: 100 for a batch of 100 keys. */
  readonly weight?: number
}

/**
 * Measures all subjects in slices of some milliseconds in rotating order, so that what else the machine does
 * hits them alike. Good for ratios within one run only.
 */
export async function interleave(
  subjects: ReadonlyMap<string, Work>,
  { concurrency = 1, rounds = 21, sliceMs = 20, weight = 1 }: InterleaveOptions = {},
): Promise<readonly Measured[]> {
  const names = [...subjects.keys()]
  const rates = new Map<string, number[]>(names.map((name) => [name, []]))
  let position = 0
  for (let round = -2; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + Math.max(round, 0)) % names.length] as string
      const work = subjects.get(name) as Work
      const start = performance.now()
      let count = 0
      const worker = async (): Promise<void> => {
        while (performance.now() - start < sliceMs) {
          for (let k = 0; k < 4; k++) {
            position++
            await work(position)
          }
          count += 4
        }
      }
      await Promise.all(Array.from({ length: concurrency }, worker))
      // The first rounds warm up.
      if (round >= 0) rates.get(name)?.push((count * weight * 1000) / (performance.now() - start))
      await new Promise(setImmediate)
    }
  }
  return names.map((subject) => summary(subject, rates.get(subject) ?? []))
}

function summary(subject: string, rates: number[]): Measured {
  const sorted = rates.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
  const rate = at(0.5)
  return { subject, rate, spread: (at(0.75) - at(0.25)) / rate }
}
