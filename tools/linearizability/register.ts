import type { Operation } from './history.ts'

/**
 * What a key may hold at one point of a history: an entry, or nothing. What only the store knew (the version that a write made
 * whose answer never came, the instant that a TTL ends) is open until a read tells.
 */
export interface RegisterState {
  readonly value: string | number | undefined
  /** Undefined: open. */
  readonly version: string | undefined
  /** The bounds that the instant of expiry lies in; undefined: never. */
  readonly expiry: { readonly from: number; readonly to: number } | undefined
}

export const ABSENT: RegisterState = { value: undefined, version: undefined, expiry: undefined }

export interface RegisterOptions {
  /** How far an expiry may be off, in milliseconds. */
  readonly toleranceMs: number
}

/** Every state that the operation can lead to from this one, with the answer that it gave; none if it cannot be. */
export function step(
  state: RegisterState,
  operation: Operation,
  options: RegisterOptions,
): readonly RegisterState[] {
  return seen(state, operation, options).flatMap((before) => apply(before, operation, options))
}

/** The key as it may look to an operation: what ends while it is under way may have ended or not. */
function seen(
  state: RegisterState,
  { calledAt, answeredAt }: Operation,
  { toleranceMs }: RegisterOptions,
): readonly RegisterState[] {
  if (state.value === undefined || state.expiry === undefined) return [state]
  const mayLive = calledAt < state.expiry.to + toleranceMs
  const mayHaveEnded = answeredAt >= state.expiry.from - toleranceMs
  return [...(mayLive ? [state] : []), ...(mayHaveEnded ? [ABSENT] : [])]
}

function apply(
  state: RegisterState,
  operation: Operation,
  options: RegisterOptions,
): readonly RegisterState[] {
  const { call, outcome } = operation
  if (outcome.status === 'unknown') {
    // It may never have been done, or have been refused.
    const done = isAllowed(state, call) ? written(state, operation) : []
    return [state, ...done]
  }
  if (outcome.status === 'refused') return isAllowed(state, call) && !mayBeRefused(state, call) ? [] : [state]
  return answered(state, operation, options)
}

/** Whether the condition of a write may hold. */
function isAllowed(state: RegisterState, call: Operation['call']): boolean {
  if (call.op === 'set' && call.ifAbsent === true) return state.value === undefined
  if ((call.op === 'set' || call.op === 'delete') && call.ifVersion !== undefined) {
    return state.value !== undefined && (state.version === undefined || state.version === call.ifVersion)
  }
  return true
}

/** Of a condition that holds as far as is known, where not everything is known. */
function mayBeRefused(state: RegisterState, call: Operation['call']): boolean {
  const conditional = (call.op === 'set' || call.op === 'delete') && call.ifVersion !== undefined
  return conditional && state.value !== undefined && state.version === undefined
}

/** What a write leads to, whatever it answered. */
function written(
  state: RegisterState,
  { call, outcome, calledAt, answeredAt }: Operation,
): readonly RegisterState[] {
  const version = outcome.status === 'ok' ? outcome.version : undefined
  switch (call.op) {
    case 'get':
      return [state]
    case 'set': {
      const from = call.ttlMs === undefined ? undefined : calledAt + call.ttlMs
      const to = call.ttlMs === undefined ? undefined : answeredAt + call.ttlMs
      const told = outcome.status === 'ok' ? outcome.expiresAt : undefined
      const expiry =
        from === undefined || to === undefined ? undefined : { from: told ?? from, to: told ?? to }
      return [{ value: call.value, version, expiry }]
    }
    case 'delete':
    case 'take':
      return [ABSENT]
    case 'increment': {
      if (state.value === undefined) return [{ value: call.by, version, expiry: undefined }]
      if (typeof state.value !== 'number') return []
      return [{ value: state.value + call.by, version, expiry: state.expiry }]
    }
    case 'touch':
      if (state.value === undefined) return [state]
      return [{ ...state, version, expiry: { from: calledAt + call.ttlMs, to: answeredAt + call.ttlMs } }]
  }
}

/** What an operation that was answered leads to, if that answer can be. */
function answered(
  state: RegisterState,
  operation: Operation,
  { toleranceMs }: RegisterOptions,
): readonly RegisterState[] {
  const { call, outcome } = operation
  if (outcome.status !== 'ok' || !isAllowed(state, call)) return []
  const isThere = state.value !== undefined
  switch (call.op) {
    case 'get': {
      const { entry } = outcome
      if (entry === undefined) return isThere ? [] : [state]
      if (!isThere || entry.value !== state.value) return []
      if (state.version !== undefined && entry.version !== state.version) return []
      return withExpiry({ ...state, version: entry.version }, entry.expiresAt, toleranceMs)
    }
    case 'take':
      return outcome.value === state.value ? [ABSENT] : []
    case 'delete':
      return outcome.existed === isThere ? [ABSENT] : []
    case 'touch':
      return outcome.existed === isThere ? written(state, operation) : []
    case 'increment': {
      const after = written(state, operation)
      return after.filter(({ value }) => value === outcome.value)
    }
    case 'set':
      return written(state, operation)
  }
}

/** The state, if it may expire at the instant that was read; from then on it is that one. */
function withExpiry(
  state: RegisterState,
  expiresAt: number | undefined,
  toleranceMs: number,
): readonly RegisterState[] {
  const { expiry } = state
  if (expiry === undefined || expiresAt === undefined) return expiry === expiresAt ? [state] : []
  if (expiresAt < expiry.from - toleranceMs || expiresAt > expiry.to + toleranceMs) return []
  return [{ ...state, expiry: { from: expiresAt, to: expiresAt } }]
}
