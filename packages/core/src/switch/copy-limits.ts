import { StateError } from '../errors.ts'

/** How far copying may go at the expense of those who use the state meanwhile. */
export interface CopyLimits {
  readonly pauseBudgetMs?: number
  readonly maxRate?: number
}

/** Operations may wait for a minute at the most: their own time ends before that. */
const MAX_PAUSE_MS = 60_000

/** With the defaults for what was left out. @throws StateError `INVALID_OPTIONS` for limits that make no sense */
export function checkedLimits({ pauseBudgetMs = 250, maxRate = 0 }: CopyLimits): Required<CopyLimits> {
  if (!(pauseBudgetMs >= 1 && pauseBudgetMs <= MAX_PAUSE_MS)) {
    throw new StateError(
      'INVALID_OPTIONS',
      `pauseBudgetMs is 1 to ${MAX_PAUSE_MS}, not ${String(pauseBudgetMs)}`,
    )
  }
  if (!(maxRate >= 0)) {
    throw new StateError('INVALID_OPTIONS', `maxRate is 0 or more, not ${String(maxRate)}`)
  }
  return { pauseBudgetMs, maxRate }
}
