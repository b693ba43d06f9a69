import { StateError } from './errors.ts'

/** Milliseconds, or a number with a unit: '500ms', '30s', '5m', '1h', '7d', '2w'. */
export type Ttl = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/**
 * The TTL in whole milliseconds, rounded up.
 *
 * @throws StateError `INVALID_TTL` for zero, negative and non-finite ones, and for text without a known unit.
 */
export function parseTtl(ttl: Ttl): number {
  const ms = typeof ttl === 'string' ? parseText(ttl) : ttl
  if (typeof ms !== 'number' || !(ms > 0) || !Number.isSafeInteger(Math.ceil(ms))) throw invalid(ttl)
  return Math.ceil(ms)
}

/** The absolute instant, in Unix milliseconds, at which something written now expires. */
export function expiryOf(ttl: Ttl, now: number): number {
  const expiresAt = now + parseTtl(ttl)
  if (expiresAt > MAX_DATE_MS) throw invalid(ttl)
  return expiresAt
}

/** The last instant that a Date can hold, in the year 275760. */
const MAX_DATE_MS = 8.64e15

function parseText(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|[smhdw])$/.exec(text)
  if (match === null) throw invalid(text)
  return Number(match[1]) * (UNIT_MS[match[2] as string] as number)
}

function invalid(ttl: unknown): StateError {
  const message = `TTL ${typeof ttl === 'string' ? `'${ttl}'` : String(ttl)} is not a time to live: give milliseconds above 0, or text such as '30s', '5m', '1h', '7d'`
  return new StateError('INVALID_TTL', message)
}
