import type { ComponentChildren, JSX } from 'preact'

export interface BadgeProps {
  readonly kind?: 'neutral' | 'accent' | 'success' | 'warning' | 'danger'
  readonly children: ComponentChildren
}

export function Badge({ kind = 'neutral', children }: BadgeProps): JSX.Element {
  return <span class={`badge ${kind}`}>{children}</span>
}
