import { ABSENT } from './entry.ts'
import { COPY, type KeyState, type OperationState, STAGE, type State, store, WAITS } from './state.ts'

// States that differ only in what nobody will ask again must be one state: it is set to nothing.

export function endOperation(operation: OperationState): void {
  operation.stage = STAGE.over
  operation.kind = 0
  operation.key = 0
  operation.expected = 0
  operation.store = 0
  operation.waits = WAITS.nobody
  operation.result = 0
  operation.routeNumber = 0
  operation.written = ABSENT
}

export function endCopy(key: KeyState): void {
  key.copy = COPY.none
  key.copied = ABSENT
}

/** All that a switch knows of a key. */
export function forgetKey(key: KeyState): void {
  endCopy(key)
  key.dirty = 0
  key.seen = 0
  key.drained = 0
}

export function forgetLateImport(state: State): void {
  state.lateKey = 0
  state.lateEntry = ABSENT
  state.lateStore = 0
  state.lateSuperseded = 0
}

/** All that a store holds. */
export function empty(state: State, from: number): void {
  for (const key of state.keys) store(key, from, ABSENT)
  state.unflushed &= ~(1 << from)
}
