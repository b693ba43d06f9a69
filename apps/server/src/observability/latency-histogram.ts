/** Buckets of durations: 8 to each doubling, from 1/128 ms to some 17 minutes, so that a figure is at most 12.5% off. */
const STEPS_PER_DOUBLING = 8
const FIRST_EXPONENT = -7
const DOUBLINGS = 27

export const BUCKETS: number = DOUBLINGS * STEPS_PER_DOUBLING

/** Of the upper half of a double: the exponent and the first three bits of the mantissa behind it are the bucket. */
const SHIFT = 17
const FIRST = (1023 + FIRST_EXPONENT) * STEPS_PER_DOUBLING
const double = new DataView(new ArrayBuffer(8))

/** Durations, counted by bucket. */
export type LatencyCounts = Float64Array

export function createLatencyCounts(): LatencyCounts {
  return new Float64Array(BUCKETS)
}

/** Counts a duration, without a search. */
export function countLatency(counts: LatencyCounts, ms: number): void {
  const bucket = bucketOf(ms)
  counts[bucket] = (counts[bucket] as number) + 1
}

export function bucketOf(ms: number): number {
  double.setFloat64(0, ms)
  const bucket = (double.getUint32(0) >>> SHIFT) - FIRST
  return bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1
}

/** Where the bucket ends, in ms. */
export function upperBound(bucket: number): number {
  const step = (bucket % STEPS_PER_DOUBLING) + 1
  return 2 ** (FIRST_EXPONENT + Math.floor(bucket / STEPS_PER_DOUBLING)) * (1 + step / STEPS_PER_DOUBLING)
}

/** What the given share (0 to 1) of the durations stays below, in ms; null if there are none. */
export function percentile(counts: LatencyCounts, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let left = Math.max(1, Math.ceil(total * share))
  const bucket = counts.findIndex((count) => {
    left -= count
    return left <= 0
  })
  return Number(upperBound(bucket).toPrecision(3))
}

/** From 1/8 ms to some 8 s. */
const FIRST_BOUND_EXPONENT = -3
const LAST_BOUND_EXPONENT = 13

/** How many durations stay below 0.125, 0.25, 0.5, ..., 8192 ms. */
export function countsBelow(counts: LatencyCounts): readonly (readonly [bound: number, count: number])[] {
  const rows: [number, number][] = []
  let below = 0
  let bucket = 0
  for (let exponent = FIRST_BOUND_EXPONENT; exponent <= LAST_BOUND_EXPONENT; exponent++) {
    const end = (exponent - FIRST_EXPONENT) * STEPS_PER_DOUBLING
    for (; bucket < end; bucket++) below += counts[bucket] as number
    rows.push([2 ** exponent, below])
  }
  return rows
}
