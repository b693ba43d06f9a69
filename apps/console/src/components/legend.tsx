import type { JSX } from 'preact'
import type { ChartSeries } from './chart.tsx'

export interface LegendProps {
  readonly series: readonly ChartSeries[]
  readonly format: (value: number | null) => string
}

/** Names and latest values of a chart's lines. */
export function Legend({ series, format }: LegendProps): JSX.Element {
  return (
    <ul class="legend">
      {series.map(({ label, color, values }) => (
        <li key={label}>
          <span class={`swatch ${color.slice(2)}`} aria-hidden="true" />
          {label} <span class="legend-value">{format(values.at(-1) ?? null)}</span>
        </li>
      ))}
    </ul>
  )
}
