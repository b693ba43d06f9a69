/** One thing to measure: does the operation for this number, which chooses the key. */
export type Work = (i: number) => unknown

/** A subject and its operations per second in each round. */
export interface Measured {
  readonly subject: string
  readonly rates: readonly number[]
}

export interface InterleaveOptions {
  /** Promises that are outstanding at a time. */
  readonly concurrency?: number
  readonly rounds?: number
  readonly sliceMs?: number
  /** What one call counts for: 100 for a batch of 100 keys. */
  readonly weight?: number
  /** Calls between two looks at the clock: more for work that is as short as that look. */
  readonly stride?: number
}

/** Of the rounds as many again come first and count for nothing. */
const WARM_UP = 1 / 20

/** All that is measured in this process goes on where the last left off, so that no values come again. */
let position = 0

/**
 * Measures all subjects in slices of some milliseconds in rotating order, so that what else the machine does
 * hits them alike. Good for ratios within one run only.
 */
export async function interleave(
  subjects: ReadonlyMap<string, Work>,
  options: InterleaveOptions = {},
): Promise<readonly Measured[]> {
  const { rounds = 41 } = options
  const names = [...subjects.keys()]
  const rates = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let round = -Math.ceil(rounds * WARM_UP); round < rounds; round++) {
    for (const name of shuffled(names)) {
      const rate = await slice(subjects.get(name) as Work, options)
      if (round >= 0) rates.get(name)?.push(rate)
      // What the subject has put off belongs to nobody else's slice.
      await new Promise(setImmediate)
    }
  }
  return names.map((subject) => ({ subject, rates: rates.get(subject) ?? [] }))
}

/** By Fisher and Yates. */
function shuffled<T>(all: readonly T[]): T[] {
  const result = [...all]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[result[i], result[j]] = [result[j] as T, result[i] as T]
  }
  return result
}

async function slice(
  work: Work,
  { concurrency = 1, sliceMs = 20, weight = 1, stride = 1 }: InterleaveOptions,
): Promise<number> {
  const start = performance.now()
  let count = 0
  const worker = async (): Promise<void> => {
    do {
      for (let n = 0; n < stride; n++) await work(position++)
      count += stride
    } while (performance.now() - start < sliceMs)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return (count * weight * 1000) / (performance.now() - start)
}
