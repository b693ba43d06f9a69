import type { JSX } from 'preact'
import { Chart, type ChartSeries } from '../../components/chart.tsx'
import { Figure } from '../../components/figure.tsx'
import { Legend } from '../../components/legend.tsx'
import { Panel } from '../../components/panel.tsx'
import { WhenLoaded } from '../../components/states.tsx'
import { type Sample, useServer } from '../../data/server.ts'
import { formatCount, formatExact, formatMs } from '../../text/format.ts'

const LONGEST_MS = 120_000
const SHORTEST_MS = 30_000

/** Requests and how long they take, live. */
export function TrafficPanel(): JSX.Element {
  const { traffic } = useServer()
  return (
    <Panel title="Traffic" aside={<span class="muted">up to two minutes</span>}>
      <WhenLoaded loaded={traffic} what="figures about requests">
        {(samples) => <Traffic samples={samples} />}
      </WhenLoaded>
    </Panel>
  )
}

export function Traffic({ samples }: { readonly samples: readonly Sample[] }): JSX.Element | null {
  const times = samples.map(({ at }) => at)
  const knownMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
  const spanMs = Math.min(Math.max(knownMs, SHORTEST_MS), LONGEST_MS)
  const rates: readonly ChartSeries[] = [
    {
      label: 'requests/s',
      color: '--chart-1',
      isFilled: true,
      values: samples.map(({ perSecond }) => perSecond),
    },
  ]
  const latencies: readonly ChartSeries[] = [
    { label: 'p50', color: '--chart-1', values: samples.map(({ latencyMs }) => latencyMs.p50) },
    { label: 'p95', color: '--chart-2', values: samples.map(({ latencyMs }) => latencyMs.p95) },
    { label: 'p99', color: '--chart-3', values: samples.map(({ latencyMs }) => latencyMs.p99) },
  ]
  const latest = samples.at(-1)
  if (latest === undefined) return null
  return (
    <>
      <dl class="figures">
        <Figure label="Requests per second" value={formatCount(Math.round(latest.perSecond))} />
        <Figure label="Latency p50" value={formatMs(latest.latencyMs.p50)} />
        <Figure label="Latency p99" value={formatMs(latest.latencyMs.p99)} />
        <Figure label="In flight" value={formatExact(latest.inFlight)} />
        <Figure label="Errors" value={formatExact(latest.errors)} note={`of ${formatCount(latest.total)}`} />
      </dl>
      <div class="charts">
        <div>
          <Legend series={rates} format={(value) => formatCount(Math.round(value ?? 0))} />
          <Chart
            label={`Requests per second, now ${Math.round(latest.perSecond)}`}
            {...{ times }}
            series={rates}
            format={formatCount}
            {...{ spanMs }}
          />
        </div>
        <div>
          <Legend series={latencies} format={formatMs} />
          <Chart
            label={`Latency, now ${formatMs(latest.latencyMs.p50)} for half of the requests and ${formatMs(latest.latencyMs.p99)} for the slowest in a hundred`}
            {...{ times }}
            series={latencies}
            format={formatMs}
            {...{ spanMs }}
          />
        </div>
      </div>
    </>
  )
}
