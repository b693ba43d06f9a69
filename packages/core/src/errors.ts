/**
 * What went wrong. The code is API, the message is not.
 *
 * - `INVALID_KEY`, `INVALID_VALUE`, `INVALID_TTL`, `INVALID_OPTIONS`, `INVALID_PLUGIN`: the caller's or an author's mistake; nothing was done
 * - `NOT_SERIALIZABLE`: the codec would not give the value back as it is
 * - `CODEC_MISMATCH`: the value was written with another codec
 * - `NOT_SUPPORTED`: the backend does not declare this capability; refused before any I/O
 * - `CONFLICT`: a check (`ifVersion`, `ifAbsent`) failed; nothing was changed
 * - `OVERLOADED`: too many operations wait; `LAGGED`: a watcher reads too slowly
 * - `TIMEOUT`, `ABORTED`: the operation was certainly not applied
 * - `OUTCOME_UNKNOWN`: a write may or may not have been applied
 * - `UNAVAILABLE`: the backend cannot be reached; `LOCKED`: another process holds it
 * - `FULL`, `READ_ONLY`, `CORRUPT`, `INCOMPATIBLE`: the state of the storage itself
 * - `FORBIDDEN`: the storage does not let this user do it
 * - `BACKEND_ERROR`: the backend failed in a way it does not explain; see `cause`
 * - `UNKNOWN_BACKEND`, `BACKEND_IN_USE`: a name that is not registered, or one that cannot be removed now
 * - `CLOSED`: used after `close()`
 */
export type StateErrorCode =
  | 'INVALID_KEY'
  | 'INVALID_VALUE'
  | 'INVALID_TTL'
  | 'INVALID_OPTIONS'
  | 'INVALID_PLUGIN'
  | 'NOT_SERIALIZABLE'
  | 'CODEC_MISMATCH'
  | 'NOT_SUPPORTED'
  | 'CONFLICT'
  | 'OVERLOADED'
  | 'LAGGED'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'OUTCOME_UNKNOWN'
  | 'UNAVAILABLE'
  | 'LOCKED'
  | 'FULL'
  | 'READ_ONLY'
  | 'FORBIDDEN'
  | 'CORRUPT'
  | 'INCOMPATIBLE'
  | 'BACKEND_ERROR'
  | 'UNKNOWN_BACKEND'
  | 'BACKEND_IN_USE'
  | 'CLOSED'

const RETRYABLE: ReadonlySet<StateErrorCode> = new Set([
  'CONFLICT',
  'OVERLOADED',
  'TIMEOUT',
  'UNAVAILABLE',
  'LOCKED',
])

export interface StateErrorDetails {
  /** Name of the backend, as registered or as the plugin calls itself. */
  readonly backend?: string | undefined
  /** The operation that failed: 'get', 'set', ... */
  readonly operation?: string | undefined
  readonly key?: string | undefined
  /** For a batch that is not atomic: the keys whose operations were not applied. */
  readonly notApplied?: readonly string[] | undefined
  /** Whether the same call may succeed later. By default it follows from the code. */
  readonly retryable?: boolean | undefined
  readonly cause?: unknown
}

const BRAND = Symbol.for('switchyard.StateError')

/** The only error class that Switchyard throws. Tell cases apart by `code`, with {@link isStateError}. */
export class StateError extends Error {
  override readonly name = 'StateError'
  readonly code: StateErrorCode
  declare readonly backend?: string
  declare readonly operation?: string
  declare readonly key?: string
  declare readonly notApplied?: readonly string[]
  readonly retryable: boolean

  constructor(code: StateErrorCode, message: string, details: StateErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.retryable = details.retryable ?? RETRYABLE.has(code)
    if (details.backend !== undefined) this.backend = details.backend
    if (details.operation !== undefined) this.operation = details.operation
    if (details.key !== undefined) this.key = details.key
    if (details.notApplied !== undefined) this.notApplied = details.notApplied
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** True for a StateError of any installed copy of this package, and, if a code is given, only for that code. */
export function isStateError(error: unknown, code?: StateErrorCode): error is StateError {
  return (
    error instanceof Error &&
    (error as { readonly [BRAND]?: boolean })[BRAND] === true &&
    (code === undefined || (error as StateError).code === code)
  )
}

/**
 * The error as a StateError that names backend, operation and key. What it says already stays;
 * anything that is not a StateError becomes `BACKEND_ERROR` with the original as `cause`.
 */
export function asStateError(error: unknown, details: StateErrorDetails): StateError {
  if (!isStateError(error)) {
    const reason = error instanceof Error ? error.message : String(error)
    const where = `${details.operation ?? 'operation'} on backend '${details.backend ?? 'unknown'}'`
    return new StateError('BACKEND_ERROR', `${where} failed: ${reason}`, { ...details, cause: error })
  }
  const complete =
    (error.backend !== undefined || details.backend === undefined) &&
    (error.operation !== undefined || details.operation === undefined) &&
    (error.key !== undefined || details.key === undefined)
  if (complete) return error
  return new StateError(error.code, error.message, {
    backend: error.backend ?? details.backend,
    operation: error.operation ?? details.operation,
    key: error.key ?? details.key,
    notApplied: error.notApplied,
    retryable: error.retryable,
    cause: error.cause ?? error,
  })
}

/** A check of this key's version failed. */
export function conflict(key: string): StateError {
  const message = `'${key}' does not have the expected version: it was changed, created or removed meanwhile`
  return new StateError('CONFLICT', message, { key })
}

/** The error of a batch that is not atomic, naming the keys whose operations were not applied. */
export function notAllApplied(error: unknown, keys: readonly string[]): StateError {
  const { code, message, cause, retryable } = asStateError(error, { operation: 'write' })
  const summary = `${keys.length} of the batch's operations were not applied: ${message}`
  return new StateError(code, summary, { notApplied: keys, retryable, cause: cause ?? error })
}
