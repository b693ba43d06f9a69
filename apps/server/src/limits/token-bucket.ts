/** Holds `size` tokens at the most, and gets new ones all the time. */
export interface Bucket {
  readonly size: number
  readonly perMs: number
}

export interface Taken {
  readonly granted: number
  /** When the bucket will be full again, if nothing is taken: Unix ms. All there is to keep. */
  readonly fullAt: number
  /** Whole tokens that are left. */
  readonly left: number
  /** Until there is a token; 0 if there is one. */
  readonly waitMs: number
}

/**
 * Takes up to so many tokens: the generic cell rate algorithm.
 *
 * @param fullAt what was kept; undefined: it is full
 * @param now Unix ms
 */
export function takeTokens(
  { size, perMs }: Bucket,
  fullAt: number | undefined,
  wanted: number,
  now: number,
): Taken {
  // A clock that was set back, or a bucket that has become smaller, must not lock anybody out for long.
  const from = Math.min(Math.max(fullAt ?? now, now), now + size / perMs)
  const level = size - (from - now) * perMs
  // Sums of fractions miss a whole number by a little.
  const available = Math.floor(level + 1e-6)
  const granted = Math.min(wanted, available)
  const left = available - granted
  const waitMs = left > 0 ? 0 : Math.max(0, (1 - (level - granted)) / perMs)
  return { granted, fullAt: from + granted / perMs, left, waitMs }
}
