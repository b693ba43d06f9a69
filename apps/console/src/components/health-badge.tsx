import type { JSX } from 'preact'
import type { Health } from '../api/types.ts'
import { Badge } from './badge.tsx'

export function HealthBadge({ healthy, reason }: Health): JSX.Element {
  if (healthy) return <Badge kind="success">healthy</Badge>
  return (
    <>
      <Badge kind="danger">not healthy</Badge> <span class="muted">{reason}</span>
    </>
  )
}
