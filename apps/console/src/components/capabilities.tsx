import type { JSX } from 'preact'
import type { Capabilities as CapabilitiesProps } from '../api/types.ts'
import { formatBytes } from '../text/format.ts'

/** What a backend can do; what it cannot is not listed. */
export function Capabilities(can: CapabilitiesProps): JSX.Element {
  const names = (['durable', 'shared', 'ordered', 'transactions', 'watch', 'optimize'] as const).filter(
    (name) => can[name],
  )
  const all = [
    ...names,
    `${can.ttl} TTL`,
    `atomic in the ${can.atomicity}`,
    `keys to ${formatBytes(can.maxKeyBytes)}`,
    `values to ${formatBytes(can.maxValueBytes)}`,
  ]
  return (
    <ul class="chips">
      {all.map((name) => (
        <li key={name}>{name}</li>
      ))}
    </ul>
  )
}
