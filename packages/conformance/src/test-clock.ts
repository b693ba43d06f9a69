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

/** The system's clock, for backends that go by a server's; waits a little longer than asked, as servers round. */
export function createRealClock(): TestClock {
  return {
    ttlMs: 600,
    now: Date.now,
    advance: (ms) => sleep(ms + 25),
  }
}
