import type { Algorithm, DualWrite } from '../algorithm.ts'
import { FIRST_WRITTEN_VERSION } from '../entry.ts'
import { entryAfter, hasVersion, KIND } from '../operation.ts'
import { COPY, liveIn, type OperationState, otherThan, PHASE, STAGE, type State, store } from '../state.ts'
import { operationName, type SwitchStep, step, type World } from './step.ts'

/** The other strategy, kept to show what it needs: writes go to the target, too, after the source. */
export function dualWriteSteps({ algorithm, bounds }: World): readonly SwitchStep[] {
  const { dualWrite } = algorithm
  if (dualWrite === undefined) return []
  return Array.from({ length: bounds.operations }, (_, i) =>
    step(
      `the target applies ${operationName(i)}, too`,
      (state) => state.operation(i).stage === STAGE.applied && mirrors(algorithm, state.operation(i)),
      (state) => {
        const operation = state.operation(i)
        const key = state.key(operation.key)
        const target = otherThan(operation.store)
        const live = liveIn(state, target, key)
        const matches = hasVersion(live, operation.expected)
        const version = FIRST_WRITTEN_VERSION + i
        const repeated = entryAfter(operation.kind, live, version, matches, state.now)
        store(key, target, dualWrite.mirrors === 'entry' ? operation.written : repeated)
        operation.stage = STAGE.mirrored
      },
    ),
  )
}

export function mirrors({ dualWrite }: Algorithm, operation: OperationState): boolean {
  return dualWrite !== undefined && isDualWrite(operation)
}

/** A write of a route that is a switch's. */
function isDualWrite({ kind, routeNumber }: OperationState): boolean {
  return kind !== KIND.get && routeNumber % 2 === 1
}

/** Whether the lock lets a writer in. Behind the start barrier none of them may overtake those of before. */
export function mayWrite(state: State, k: number, { lock }: DualWrite): boolean {
  if (state.phase === PHASE.starting) return false
  if (lock === 'none' || state.routeNumber % 2 === 0) return true
  return state.key(k).copy === COPY.none && (lock === 'copier' || !isWritten(state, k))
}

/** Whether the lock lets the copier in. */
export function mayRead(state: State, k: number, { lock }: DualWrite): boolean {
  return lock === 'none' || !isWritten(state, k)
}

function isWritten(state: State, k: number): boolean {
  return state.operations.some(
    (operation) => isDualWrite(operation) && operation.key === k && operation.stage !== STAGE.over,
  )
}
