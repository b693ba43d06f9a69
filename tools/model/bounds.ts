import type { KindName } from './operation.ts'

/** How much of everything may happen in a run. Within the bounds every run is explored. */
export interface Bounds {
  /** For each key its expiry at the beginning: an instant, 0 for never; `undefined`: the key is absent. */
  readonly keys: readonly (number | undefined)[]
  readonly kinds: readonly KindName[]
  /** Operations in all, each by any client. */
  readonly operations: number
  /** Operations whose callers wait at the same time. */
  readonly clients: number
  readonly switches: number
  /** Times that the deadline opens the gate before it aborts the switch. */
  readonly reopenings: number
  /** Ends of the process, by a kill, a loss of power, or a pointer that cannot be written. */
  readonly crashes: number
  /** Restarts of the target alone, during a switch. */
  readonly targetRestarts: number
  readonly aborts: number
  /** Writes whose callers give up before they settle. */
  readonly timeouts: number
  /** Reads of the copier that fail. */
  readonly failedReads: number
  /** Imports whose outcome stays unknown, and which may land later. */
  readonly importTimeouts: number
  /** Instants of the clock. */
  readonly ticks: number
  /** Removal of expired entries. */
  readonly purges: boolean
  /** With the two steps that verify. Without them the rest must be right all the same. */
  readonly verifies: boolean
}

const NOTHING: Bounds = {
  keys: [0],
  kinds: ['get', 'set', 'delete'],
  operations: 2,
  clients: 2,
  switches: 1,
  reopenings: 0,
  crashes: 0,
  targetRestarts: 0,
  aborts: 0,
  timeouts: 0,
  failedReads: 0,
  importTimeouts: 0,
  ticks: 0,
  purges: false,
  verifies: false,
}

export function bounds(given: Partial<Bounds>): Bounds {
  return { ...NOTHING, ...given }
}
