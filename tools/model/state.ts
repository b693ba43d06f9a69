import { type Cells, cells } from './cells.ts'
import type { Packed } from './checker.ts'
import { type Entry, liveAt } from './entry.ts'

/** Where the switch is. Everything from `waiting` to `committed` happens behind the closed gate. */
export const PHASE = {
  idle: 0,
  starting: 1,
  copying: 2,
  catchingUp: 3,
  verifying: 4,
  ready: 5,
  waiting: 6,
  draining: 7,
  verifyingDrained: 8,
  flushing: 9,
  sealing: 10,
  committing: 11,
  syncing: 12,
  committed: 13,
  served: 14,
} as const

/** Of an operation. Only variants have `passed`, `mirrored` and `unmarked`. */
export const STAGE = { unused: 0, passed: 1, sent: 2, applied: 3, mirrored: 4, unmarked: 5, over: 6 } as const

/** Who waits for an operation: its caller, only the process since the caller has given up, nobody. */
export const WAITS = { caller: 0, process: 1, nobody: 2 } as const

/** The copy of a key: `cleared` until the source was read, then its import is on its way. */
export const COPY = { none: 0, cleared: 1, read: 2, importing: 3 } as const

const GLOBAL = [
  'now',
  'up',
  /** The store that the process sends operations to. */
  'route',
  /** Odd during a switch: it begins and ends with another route. Only variants count. */
  'routeNumber',
  /** The pointer as a process reads it, and as a loss of power leaves it. */
  'pointer',
  'durablePointer',
  'gateClosed',
  'phase',
  /** Of the scan, and of the verification. */
  'cursor',
  /** Writes are marked: a switch runs, or what changes after one is tracked for its rollback. */
  'tracking',
  /** The old source is kept, and all that changed since is tracked. */
  'kept',
  'rollingBack',
  /** Times that the gate was opened by its deadline. */
  'reopened',
  /** A bit for each store: accepts imports; holds what a loss of power takes away. */
  'importing',
  'unflushed',
  /** Since the switch has started. */
  'targetRestarted',
  /** An import whose outcome is not known, and that may still land: of key `lateKey - 1`; 0: none. */
  'lateKey',
  'lateEntry',
  'lateStore',
  /** A later import of its key has landed. */
  'lateSuperseded',
  /** How often it happened; bounded. */
  'switches',
  'commits',
  'crashes',
  'targetRestarts',
  'aborts',
  'timeouts',
  'failedReads',
  'importTimeouts',
  /** A property that a step has broken: its place in BROKEN, from 1. */
  'broken',
] as const

const KEY = [
  'old',
  'new',
  'history',
  'dirty',
  'copy',
  'copied',
  /** What the verification has read from the source, plus one. */
  'seen',
  /** Drained behind the gate, and to be verified there. */
  'drained',
  'purge',
] as const

const OPERATION = [
  'stage',
  'kind',
  'key',
  'expected',
  'store',
  'waits',
  'result',
  /** The number of the route that it took. Only variants ask. */
  'routeNumber',
  /** By a dual write, to be written to the target, too. */
  'written',
] as const

const globalCells = cells(GLOBAL)
const keyCells = cells(KEY)
const operationCells = cells(OPERATION)

export type KeyState = Cells<(typeof KEY)[number]>
export type OperationState = Cells<(typeof OPERATION)[number]>

export interface State extends Cells<(typeof GLOBAL)[number]>, Packed {
  readonly keys: readonly KeyState[]
  readonly operations: readonly OperationState[]
  key(k: number): KeyState
  operation(i: number): OperationState
}

export function createState(keys: number, operations: number): State {
  const length = GLOBAL.length + keys * KEY.length + operations * OPERATION.length
  const words = new Uint32Array(Math.ceil(length / 2))
  const memory = new Uint16Array(words.buffer)
  const keyStates = Array.from({ length: keys }, (_, k) => keyCells(memory, GLOBAL.length + k * KEY.length))
  const firstOperation = GLOBAL.length + keys * KEY.length
  const operationStates = Array.from({ length: operations }, (_, i) =>
    operationCells(memory, firstOperation + i * OPERATION.length),
  )
  return Object.assign(globalCells(memory, 0), {
    words,
    keys: keyStates,
    operations: operationStates,
    key: (k: number) => keyStates[k] as KeyState,
    operation: (i: number) => operationStates[i] as OperationState,
  })
}

/** The stores by their numbers, as a switch finds them at the beginning. */
export const STORES = ['old', 'new'] as const

export function otherThan(store: number): number {
  return 1 - store
}

export function storedIn(key: KeyState, store: number): Entry {
  return store === 0 ? key.old : key.new
}

export function store(key: KeyState, store: number, entry: Entry): void {
  if (store === 0) key.old = entry
  else key.new = entry
}

export function liveIn(state: State, store: number, key: KeyState): Entry {
  return liveAt(state.now, storedIn(key, store))
}

/** Whether the process waits for an operation of which this holds. */
export function isInFlight(state: State, matches: (operation: OperationState) => boolean): boolean {
  return state.operations.some(
    (operation) =>
      operation.stage >= STAGE.sent &&
      operation.stage <= STAGE.mirrored &&
      operation.waits !== WAITS.nobody &&
      matches(operation),
  )
}

export function anyDirty(state: State): boolean {
  return state.keys.some((key) => key.dirty === 1)
}

export function anyCopy(state: State): boolean {
  return state.keys.some((key) => key.copy !== COPY.none)
}
