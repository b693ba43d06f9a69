import type { FastifyInstance } from 'fastify'
import { createLatencyCounts } from './latency-histogram.ts'
import type { LatencySeries } from './latency-metric.ts'
import type { Metrics } from './metrics.ts'
import { createTraffic, type Totals, type Traffic, type TrafficSummary } from './traffic.ts'

/** The traffic of a server. */
export interface TrafficReport {
  requests(): Omit<TrafficSummary, 'count'> & { readonly total: number }
  /** By the name of the operation, of those that there have been. */
  operations(): Readonly<Record<string, TrafficSummary>>
}

const TICK_MS = 1000

/** Reads the metrics every second from when the app is ready until it is closed. */
export function createTrafficReport(app: FastifyInstance, metrics: Metrics): TrafficReport {
  const ofRequests = createTraffic()
  const ofOperations = new Map<string, Traffic>()

  const requestTotals = (): Totals =>
    totalsOf(
      metrics.requests,
      countOf(metrics.requests.filter(({ labels }) => Number(labels['status']) >= 500)),
    )

  function operationTotals(): readonly (readonly [string, Totals, Traffic])[] {
    const byName = Map.groupBy(metrics.operations, ({ labels }) => labels['operation'] as string)
    return [...byName].map(([operation, series]) => {
      const traffic = ofOperations.get(operation) ?? createTraffic()
      ofOperations.set(operation, traffic)
      return [operation, totalsOf(series, metrics.operationErrors(operation)), traffic]
    })
  }

  function tick(): void {
    ofRequests.tick(requestTotals())
    for (const [, totals, traffic] of operationTotals()) traffic.tick(totals)
  }

  let timer: NodeJS.Timeout | undefined
  app.addHook('onReady', async () => {
    timer = setInterval(tick, TICK_MS).unref()
  })
  app.addHook('onClose', async () => clearInterval(timer))

  return {
    requests() {
      const { count: total, ...rest } = ofRequests.summary(requestTotals())
      return { total, ...rest }
    },
    operations: () =>
      Object.fromEntries(
        operationTotals().map(([operation, totals, traffic]) => [operation, traffic.summary(totals)]),
      ),
  }
}

function totalsOf(series: readonly LatencySeries[], errors: number): Totals {
  const counts = createLatencyCounts().map((_, bucket) =>
    series.reduce((sum, one) => sum + (one.counts[bucket] as number), 0),
  )
  return { count: countOf(series), errors, counts }
}

function countOf(series: readonly LatencySeries[]): number {
  return series.reduce((sum, { count }) => sum + count, 0)
}
