import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BUCKETS,
  bucketOf,
  countLatency,
  countsBelow,
  createLatencyCounts,
  percentile,
  upperBound,
} from '../src/observability/latency-histogram.ts'
import { createTraffic, type Totals } from '../src/observability/traffic.ts'

describe('the buckets of durations', () => {
  it('hold what is below their upper bound and not below the one before', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.008, max: 1_000_000, noNaN: true }), (ms) => {
        const bucket = bucketOf(ms)
        expect(ms).toBeLessThan(upperBound(bucket))
        expect(ms).toBeGreaterThanOrEqual(upperBound(bucket - 1))
        expect(upperBound(bucket) / ms).toBeLessThanOrEqual(1.125)
      }),
    )
  })

  it('take every duration', () => {
    expect([0, 1e-9].map(bucketOf)).toEqual([0, 0])
    expect([1e9, Number.POSITIVE_INFINITY].map(bucketOf)).toEqual([BUCKETS - 1, BUCKETS - 1])
  })

  it('give percentiles', () => {
    const counts = createLatencyCounts()
    expect(percentile(counts, 0.5)).toBeNull()
    for (let ms = 1; ms <= 100; ms++) countLatency(counts, ms)
    for (const share of [0.01, 0.5, 0.95, 0.99]) {
      const exact = share * 100
      expect(percentile(counts, share)).toBeGreaterThanOrEqual(exact)
      expect(percentile(counts, share)).toBeLessThanOrEqual(exact * 1.125 + 1)
    }
  })

  it('add up to the counts below a bound', () => {
    const durations = fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }))
    fc.assert(
      fc.property(durations, (all) => {
        const counts = createLatencyCounts()
        for (const ms of all) countLatency(counts, ms)
        const rows = countsBelow(counts)
        expect([rows[0]?.[0], rows.at(-1)?.[0]]).toEqual([0.125, 8192])
        for (const [bound, count] of rows) expect(count).toBe(all.filter((ms) => ms < bound).length)
      }),
    )
  })
})

describe('traffic', () => {
  /** Requests at a steady rate, with a tick every second. */
  function run(seconds: number, perSecond: number, ms: number): void {
    for (let second = 0; second < seconds; second++) {
      for (let i = 0; i < perSecond; i++) countLatency(counts, ms)
      count += perSecond
      now += 1000
      traffic.tick(totals())
    }
  }

  let now = 1_000_000
  let count = 0
  const counts = createLatencyCounts()
  const totals = (): Totals => ({ count, errors: 3, counts: counts.slice() })
  const traffic = createTraffic(() => now)

  it('has a rate from its first second on, and is of the last ten', () => {
    expect(traffic.summary(totals())).toEqual({
      count: 0,
      errors: 3,
      perSecond: 0,
      latencyMs: { p50: null, p95: null, p99: null },
    })
    for (let i = 0; i < 30; i++) countLatency(counts, 500)
    count += 30
    expect(traffic.summary(totals())).toMatchObject({ count: 30, perSecond: 30 })
    now += 1000
    traffic.tick(totals())
    run(2, 0, 0)
    expect(traffic.summary(totals())).toMatchObject({ count: 30, perSecond: 10 })
    run(20, 7, 10)
    const { perSecond, latencyMs, ...all } = traffic.summary(totals())
    expect(all).toEqual({ count: 170, errors: 3 })
    expect(perSecond).toBe(7)
    expect(latencyMs).toEqual({ p50: 11, p95: 11, p99: 11 })
    run(10, 0, 0)
    expect(traffic.summary(totals())).toEqual({
      count: 170,
      errors: 3,
      perSecond: 0,
      latencyMs: { p50: null, p95: null, p99: null },
    })
  })
})
