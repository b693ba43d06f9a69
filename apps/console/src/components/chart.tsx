import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { themeChanges } from './theme.tsx'

export interface ChartSeries {
  readonly label: string
  /** Name of the custom property with its colour. */
  readonly color: `--${string}`
  readonly values: readonly (number | null)[]
  readonly isFilled?: boolean
}

export interface ChartProps {
  /** What is shown, for those who do not see it. */
  readonly label: string
  /** Unix ms. */
  readonly times: readonly number[]
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
  /** How much time is shown. */
  readonly spanMs: number
}

const HEIGHT = 168

/** Lines over the last minutes. */
export function Chart({ label, times, series, format, spanMs }: ChartProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef({ times, series, format, spanMs })
  latest.current = { times, series, format, spanMs }
  const changes = themeChanges.value
  const shape = series.map((one) => one.label + one.color).join()

  // Drawn anew in other colours.
  useEffect(() => {
    const target = element.current
    if (target === null) return
    const made = new uPlot(options(target, latest), data(latest.current), target)
    plot.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height: HEIGHT }))
    resized.observe(target)
    return () => {
      resized.disconnect()
      made.destroy()
    }
  }, [changes, shape])

  useEffect(() => plot.current?.setData(data(latest.current)))

  return <div class="chart" role="img" aria-label={label} ref={element} />
}

type Latest = { readonly current: Omit<ChartProps, 'label'> }

function data({ times, series }: Latest['current']): uPlot.AlignedData {
  return [times.map((at) => at / 1000), ...series.map(({ values }) => [...values])]
}

function options(target: HTMLElement, latest: Latest): uPlot.Options {
  const style = getComputedStyle(target)
  const color = (name: string): string => style.getPropertyValue(name)
  const axis: uPlot.Axis = {
    stroke: color('--chart-text'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: color('--chart-grid'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: target.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    // The last time is beside the line's end, too.
    padding: [8, 28, 0, 0],
    scales: {
      x: {
        range: () => {
          const to = (latest.current.times.at(-1) ?? Date.now()) / 1000
          return [to - latest.current.spanMs / 1000, to]
        },
      },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] },
    },
    axes: [
      { ...axis, size: 26, space: 70, values: (_plot, splits) => splits.map(timeLabel) },
      {
        ...axis,
        size: 58,
        space: 32,
        values: (_plot, splits) => splits.map((value) => latest.current.format(value)),
      },
    ],
    series: [
      {},
      ...latest.current.series.map(({ color: name, isFilled = false }) => ({
        stroke: color(name),
        width: 1.75,
        points: { show: false },
        ...(isFilled && { fill: color(`${name}-fill`) }),
      })),
    ],
  }
}

function timeLabel(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB')
}
