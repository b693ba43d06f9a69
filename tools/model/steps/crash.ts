import { empty, endOperation, forgetKey, forgetLateImport } from '../forget.ts'
import { KIND } from '../operation.ts'
import { otherThan, PHASE, STAGE, STORES, type State, WAITS } from '../state.ts'
import { type SwitchStep, step, type World } from './step.ts'

/** The ends of the process and its restart, and a restart of the target. */
export function crashSteps(world: World): readonly SwitchStep[] {
  const { bounds } = world
  const mayCrash = (state: State): boolean => state.up === 1 && state.crashes < bounds.crashes

  return [
    step('the process is killed', mayCrash, (state) => {
      state.crashes++
      die(world, state)
    }),
    step('the power fails', mayCrash, (state) => {
      state.crashes++
      die(world, state)
      state.pointer = state.durablePointer
      losePower(state)
    }),
    step(
      'the power fails, after the system has written the pointer by itself',
      (state) => mayCrash(state) && state.pointer !== state.durablePointer,
      (state) => {
        state.crashes++
        die(world, state)
        state.durablePointer = state.pointer
        losePower(state)
      },
    ),
    step(
      'the target restarts, without what was not flushed',
      ({ phase, targetRestarts }) =>
        phase >= PHASE.starting && phase <= PHASE.flushing && targetRestarts < bounds.targetRestarts,
      (state) => {
        state.targetRestarts++
        state.targetRestarted = 1
        loseUnflushed(state, otherThan(state.route))
      },
    ),
    step(
      'the process starts again, and serves what the pointer names',
      (state) => state.up === 0,
      (state) => restart(world, state),
    ),
  ]
}

/** What was in memory is gone. What was sent is on its way still, and nobody waits for it. */
export function die({ algorithm }: World, state: State): void {
  state.up = 0
  for (const operation of state.operations) {
    const isOnItsWay = operation.stage === STAGE.sent && operation.kind !== KIND.get
    if (isOnItsWay) {
      operation.waits = WAITS.nobody
      operation.routeNumber = 0
    } else if (operation.stage !== STAGE.unused) endOperation(operation)
  }
  for (const key of state.keys) {
    forgetKey(key)
    key.purge = 0
  }
  if (!algorithm.rollsBackMarksAfterCrash) state.kept = 0
  if (algorithm.afterCrash !== 'resumes the scan') state.cursor = 0
  state.tracking = 0
  state.targetRestarted = 0
  state.reopened = 0
  state.rollingBack = 0
  state.routeNumber = 0
  state.gateClosed = 0
  state.phase = PHASE.idle
}

function losePower(state: State): void {
  for (let store = 0; store < STORES.length; store++) loseUnflushed(state, store)
}

/** With one import everything: the worst case, and the smallest. */
function loseUnflushed(state: State, store: number): void {
  if ((state.unflushed & (1 << store)) !== 0) empty(state, store)
}

function restart({ algorithm }: World, state: State): void {
  state.up = 1
  state.route = state.pointer
  if (algorithm.syncsPointerAtRestart) state.durablePointer = state.pointer
  state.importing = 0
  state.tracking = state.kept
  if (algorithm.raisesIncarnation) {
    for (const operation of state.operations) {
      if (operation.stage === STAGE.sent) endOperation(operation)
    }
    forgetLateImport(state)
  }
  const isNeeded = state.kept === 1 || algorithm.afterCrash === 'resumes the scan'
  if (!isNeeded) empty(state, otherThan(state.route))
}
