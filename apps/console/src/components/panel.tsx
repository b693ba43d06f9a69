import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'

export interface PanelProps {
  readonly title: string
  /** Beside the title. */
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
  readonly class?: string
}

/** A titled part of a page. */
export function Panel({ title, aside, children, class: className = '' }: PanelProps): JSX.Element {
  const id = useId()
  return (
    <section class={`panel ${className}`} aria-labelledby={id}>
      <header class="panel-header">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      <div class="panel-body">{children}</div>
    </section>
  )
}
