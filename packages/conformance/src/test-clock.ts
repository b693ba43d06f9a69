import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@switchyard/core'

/** The clock of a case. */
export interface TestClock extends Clock {
  /** A time to live that the cases can afford to see end. */
  readonly ttlMs: number
  /** Resolves when so much time has passed. */
  advance(ms: number): Promise<void>
}

/** Starts at the present time, so that other processes agree, and stands still between two advances. */
export function createInjectedClock(): TestClock {
  let now = Date.now()
  return {
    ttlMs: 60_000,
    now: () => now,
    async advance(ms) {
      now += ms
    },
  }
}

/** The times to live that a case gets with a real clock, the next one where a slow machine ate up the one before. */
export const REAL_TTLS_MS: readonly number[] = [600, 3000, 10_000]

export interface RealClock extends TestClock {
  /** Whether so much time has gone into other things than waiting that entries may have expired early. */
  isLate(): boolean
}

/** The system's clock, for backends that go by a server's; waits a little longer than asked, as servers round. */
export function createRealClock(ttlMs: number): RealClock {
  const started = performance.now()
  let waitedMs = 0
  return {
    ttlMs,
    now: Date.now,
    async advance(ms) {
      const before = performance.now()
      await sleep(ms + 25)
      // What a busy machine adds to the wait is late, too.
      waitedMs += Math.min(performance.now() - before, ms + 50)
    },
    isLate: () => performance.now() - started - waitedMs > ttlMs / 8,
  }
}
