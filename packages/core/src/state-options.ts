import type { Clock } from './clock.ts'
import type { Codec } from './codec.ts'
import { StateError } from './errors.ts'
import type { OperationSample } from './operations.ts'
import type { Backend, Logger } from './plugin.ts'
import type { SwitchJournal } from './switch/journal.ts'
import { parseTtl, type Ttl } from './ttl.ts'
import type { Random } from './versions.ts'

export interface StateOptions<Name extends string = string> {
  /** What state can be kept in, by names of your own. Opened when first needed. */
  readonly backends: Readonly<Record<Name, Backend>>
  /** The one that serves. Default: the only one. */
  readonly active?: NoInfer<Name>
  /** Default: JSON. */
  readonly codec?: Codec
  /** Operations that run at once. Default 1000. */
  readonly maxConcurrentOperations?: number
  /** Operations that wait for their turn; one more is refused with `OVERLOADED`. Default 100,000. */
  readonly maxQueuedOperations?: number
  /** For operations that give none of their own. Default 30,000. */
  readonly timeoutMs?: number
  /** How often expired entries are removed; `false`: only when `cleanup()` is called. Default '5m'. */
  readonly cleanupInterval?: Ttl | false
  /** Called after each store operation, to count and time them. Costs nothing when it is left out. */
  readonly onOperation?: (sample: OperationSample) => void
  /** Default: Node's warnings (`process.emitWarning`). */
  readonly logger?: Logger
  /** Default: the system's. */
  readonly clock?: Clock
  /** Default: `crypto.getRandomValues`. */
  readonly random?: Random
  /**
   * Where it is kept which backend serves: a file's path, or a journal of your own. It has the word over `active`
   * from the first switch on, also when a switch was cut off by the end of the process. Needed for `switchTo`.
   */
  readonly journal?: string | SwitchJournal
  /** Makes the versions of entries; each must be new, among all processes, for ever. Default: 96 random bits and a counter. */
  readonly nextVersion?: () => string
}

/** What there is in any case. */
export type Settings = Required<
  Pick<StateOptions, 'active' | 'maxConcurrentOperations' | 'maxQueuedOperations' | 'timeoutMs'>
>

/** @throws StateError `INVALID_OPTIONS` naming the first option that is wrong. */
export function checkOptions(options: StateOptions): Settings {
  const names = Object.keys(options?.backends ?? {})
  const { active = names.length === 1 ? names[0] : undefined, cleanupInterval = false } = options ?? {}
  if (active === undefined || !names.includes(active)) {
    const found = active === undefined ? 'is missing' : `names '${active}'`
    throw invalid(`active ${found}; the backends are: ${names.join(', ') || 'none'}`)
  }
  if (cleanupInterval !== false) parseTtl(cleanupInterval)
  const { maxConcurrentOperations = 1000, maxQueuedOperations = 100_000, timeoutMs = 30_000 } = options
  for (const [name, value] of Object.entries({ maxConcurrentOperations, timeoutMs })) {
    if (!(value >= 1)) throw invalid(`${name} must be 1 or more, not ${value}`)
  }
  if (!(maxQueuedOperations >= 0))
    throw invalid(`maxQueuedOperations must be 0 or more, not ${maxQueuedOperations}`)
  return { active, maxConcurrentOperations, maxQueuedOperations, timeoutMs }
}

/** What is wrong with the options of a state. */
export function invalid(message: string): StateError {
  return new StateError('INVALID_OPTIONS', `createState: ${message}`)
}
