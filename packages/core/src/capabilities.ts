import { StateError } from './errors.ts'
import type {
  Checkable,
  Fenceable,
  Flushable,
  Importable,
  Optimizable,
  Restartable,
  StateStore,
  Watchable,
} from './store.ts'

/** What a backend can do. Proven by the conformance kit; what is not declared is refused before any I/O. */
export interface Capabilities {
  /** 'native': the backend removes expired entries on its own; 'lazy': they are hidden, and removed by `cleanup`. */
  readonly ttl: 'native' | 'lazy'
  /** Whom checks and increments are atomic among: all processes that share the backend, or this one. */
  readonly atomicity: 'store' | 'process'
  /** Batches over several keys that are all or nothing. */
  readonly transactions: boolean
  /** What was acknowledged survives the end of the process. */
  readonly durable: boolean
  /** Several processes may open it at once. */
  readonly shared: boolean
  /** Lists in UTF-8 byte order of the keys, and from any key on. */
  readonly ordered: boolean
  /** Reports changes, also those of other processes. */
  readonly watch: boolean
  /** Can be compacted on request. */
  readonly optimize: boolean
  /** UTF-8 bytes; 1,024 at the most. */
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
}

/** The store that goes with a set of capabilities: what is declared must be there. */
export type StoreFor<C extends Capabilities> = StateStore &
  Partial<Checkable & Fenceable & Flushable & Importable & Restartable> &
  (C['watch'] extends true ? Watchable : C['watch'] extends false ? { watch?: never } : Partial<Watchable>) &
  (C['optimize'] extends true
    ? Optimizable
    : C['optimize'] extends false
      ? { optimize?: never }
      : Partial<Optimizable>)

/** A store as one meets it at run time: the optional parts may be there. */
export type AnyStore = StateStore &
  Partial<Watchable & Optimizable & Checkable & Fenceable & Flushable & Importable & Restartable>

const FIELDS: Readonly<Record<keyof Capabilities, (value: unknown) => boolean>> = {
  ttl: (value) => value === 'native' || value === 'lazy',
  atomicity: (value) => value === 'store' || value === 'process',
  transactions: isBoolean,
  durable: isBoolean,
  shared: isBoolean,
  ordered: isBoolean,
  watch: isBoolean,
  optimize: isBoolean,
  maxKeyBytes: (value) => isPositiveInteger(value) && Number(value) <= 1024,
  maxValueBytes: isPositiveInteger,
}

/** @throws StateError `INVALID_PLUGIN` naming the first field that is missing, unknown or wrong. */
export function checkCapabilities(plugin: string, capabilities: Capabilities): void {
  const given = Object(capabilities) as Readonly<Record<string, unknown>>
  for (const [field, isValid] of Object.entries(FIELDS)) {
    if (isValid(given[field])) continue
    const found = field in given ? `is ${String(given[field])}` : 'is missing'
    throw new StateError('INVALID_PLUGIN', `Plugin '${plugin}': capabilities.${field} ${found}`, {
      backend: plugin,
    })
  }
  const unknown = Object.keys(given).find((field) => !(field in FIELDS))
  if (unknown !== undefined) {
    const allowed = Object.keys(FIELDS).join(', ')
    const message = `Plugin '${plugin}': capabilities.${unknown} is not known; allowed: ${allowed}`
    throw new StateError('INVALID_PLUGIN', message, { backend: plugin })
  }
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isPositiveInteger(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0
}
