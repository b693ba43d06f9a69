import { createLatencyCounts, type LatencyCounts, percentile } from './latency-histogram.ts'

/** Everything since the server was started. */
export interface Totals {
  readonly count: number
  readonly errors: number
  readonly counts: LatencyCounts
}

/** What has been going on, for people who look at it now. */
export interface TrafficSummary {
  /** Since the server was started. */
  readonly count: number
  /** Since the server was started. */
  readonly errors: number
  /** Of the last 10 seconds. */
  readonly perSecond: number
  /** Of the last 10 seconds; null where nothing happened. */
  readonly latencyMs: {
    readonly p50: number | null
    readonly p95: number | null
    readonly p99: number | null
  }
}

/** Makes figures of the last 10 seconds of totals that only grow, so that nothing more is done when something happens. */
export interface Traffic {
  /** To be called every second. */
  tick(totals: Totals): void
  summary(totals: Totals): TrafficSummary
}

const WINDOW_SECONDS = 10

/** Begins where there has been nothing yet. */
export function createTraffic(now: () => number = () => performance.now()): Traffic {
  let before = { at: now(), count: 0, counts: createLatencyCounts() }
  const later: (typeof before)[] = []
  return {
    tick({ count, counts }) {
      later.push({ at: now(), count, counts })
      if (later.length >= WINDOW_SECONDS) before = later.shift() ?? before
    },
    summary({ count, errors, counts }) {
      // One second is the least that makes a rate.
      const seconds = Math.max(1, (now() - before.at) / 1000)
      const recent = counts.map((total, bucket) => total - (before.counts[bucket] as number))
      return {
        count,
        errors,
        perSecond: Math.round(((count - before.count) / seconds) * 10) / 10,
        latencyMs: {
          p50: percentile(recent, 0.5),
          p95: percentile(recent, 0.95),
          p99: percentile(recent, 0.99),
        },
      }
    },
  }
}
