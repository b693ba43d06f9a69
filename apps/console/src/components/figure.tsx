import type { ComponentChildren, JSX } from 'preact'

export interface FigureProps {
  readonly label: string
  readonly value: ComponentChildren
  readonly note?: ComponentChildren
}

/** A number with its name; within a `dl`. */
export function Figure({ label, value, note }: FigureProps): JSX.Element {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>
        <span class="figure-value">{value}</span>
        {note !== undefined && <span class="figure-note">{note}</span>}
      </dd>
    </div>
  )
}
