import { countLatency, countsBelow, createLatencyCounts, type LatencyCounts } from './latency-histogram.ts'

export interface LatencyMetricOptions {
  readonly name: string
  readonly help: string
  readonly labels: readonly [string, string, string]
}

/** All durations that have the same labels. */
export interface LatencySeries {
  readonly labels: Readonly<Record<string, string>>
  readonly counts: LatencyCounts
  readonly count: number
}

/** Durations by three labels. Recorded here, as the histogram of the metrics library takes several times as long. */
export interface LatencyMetric {
  record(durationMs: number, first: string, second: string, third: string): void
  readonly series: readonly LatencySeries[]
  /** As `getMetricsAsJSON` of a registry gives a histogram. */
  toJSON(): object
}

interface Series extends LatencySeries {
  count: number
  sumMs: number
}

type Thirds = Map<string, Series>

export function createLatencyMetric({ name, help, labels: names }: LatencyMetricOptions): LatencyMetric {
  const firsts = new Map<string, Map<string, Thirds>>()
  const all: Series[] = []

  function create(first: string, second: string, third: string): Series {
    const labels = { [names[0]]: first, [names[1]]: second, [names[2]]: third }
    const series = { labels, counts: createLatencyCounts(), count: 0, sumMs: 0 }
    all.push(series)
    const seconds = firsts.get(first) ?? new Map<string, Thirds>()
    const thirds: Thirds = seconds.get(second) ?? new Map()
    firsts.set(first, seconds.set(second, thirds.set(third, series)))
    return series
  }

  function valuesOf({ labels, counts, count, sumMs }: Series): object[] {
    const value = (suffix: string, figure: number, own: object = {}): object => ({
      metricName: `${name}_${suffix}`,
      labels: { ...own, ...labels },
      value: figure,
    })
    const buckets = countsBelow(counts).map(([ms, below]) => value('bucket', below, { le: ms / 1000 }))
    return [
      ...buckets,
      value('bucket', count, { le: '+Inf' }),
      value('sum', sumMs / 1000),
      value('count', count),
    ]
  }

  return {
    record(durationMs, first, second, third) {
      const series = firsts.get(first)?.get(second)?.get(third) ?? create(first, second, third)
      series.count++
      series.sumMs += durationMs
      countLatency(series.counts, durationMs)
    },
    series: all,
    toJSON: () => ({ name, help, type: 'histogram', aggregator: 'first', values: all.flatMap(valuesOf) }),
  }
}
