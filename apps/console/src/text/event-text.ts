import type { SwitchStatus } from '../api/types.ts'
import { formatExact, formatMs } from './format.ts'

/** What an event that is not about a key says, in a line. */
export function eventText(name: string, data: string): string {
  const fields = JSON.parse(data) as { readonly version?: string; readonly detail?: string }
  if (name === 'switch') return switchText(fields as SwitchStatus)
  if (name === 'config' && fields.version !== undefined) return `version ${fields.version}`
  if (name === 'reset' && fields.detail === undefined) return 'Changes may have been missed'
  return fields.detail ?? data
}

function switchText(status: SwitchStatus): string {
  const { from, to, phase, copied = 0, verified = 0, total = 0, pauseMs, error } = status
  const far = { copying: copied, verifying: verified }[phase as string]
  const more = [
    far !== undefined && `${formatExact(far)} of ${formatExact(total)}`,
    phase === 'done' && pauseMs !== undefined && `requests waited for ${formatMs(pauseMs)}`,
    error?.detail,
  ].filter(Boolean)
  return `${from} → ${to} ${[phase, ...more].join(': ')}`
}
