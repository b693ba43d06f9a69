/** Where the time comes from. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number
}

export const systemClock: Clock = { now: Date.now }

/** Expired when `now >= expiresAt`. */
export function isExpired(entry: { readonly expiresAt?: number }, now: number): boolean {
  return entry.expiresAt !== undefined && now >= entry.expiresAt
}

/** The longest time that a timer of Node can wait; longer ones fire at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1
