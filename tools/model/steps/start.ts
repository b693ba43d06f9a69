import { empty, forgetLateImport } from '../forget.ts'
import { isInFlight, otherThan, PHASE, type State } from '../state.ts'
import { replaceRoute } from './route.ts'
import { type SwitchStep, step, type World } from './step.ts'

/** Between switches: a new one, the rollback of the last, or its completion. */
export function startSteps({ algorithm, bounds }: World): readonly SwitchStep[] {
  const isIdle = (state: State): boolean =>
    state.up === 1 &&
    state.phase === PHASE.idle &&
    (algorithm.reads !== 'past the gate, waited for' ||
      !isInFlight(state, ({ store }) => store !== state.route))

  const mayStart = (state: State): boolean => isIdle(state) && state.switches < bounds.switches

  function start(state: State, phase: number): void {
    state.switches++
    state.phase = algorithm.waitsAtStart ? PHASE.starting : phase
    replaceRoute(algorithm, state)
    state.tracking = 1
    state.kept = 0
    state.targetRestarted = 0
    state.importing |= 1 << otherThan(state.route)
  }

  return [
    step('a switch starts: the target is opened empty', mayStart, (state) => {
      const target = otherThan(state.route)
      start(state, PHASE.copying)
      for (const key of state.keys) key.dirty = 0
      if (algorithm.opensTargetEmpty && state.cursor === 0) empty(state, target)
      if (algorithm.namespacePerSwitch && state.lateStore === target) forgetLateImport(state)
    }),
    step(
      'a rollback starts: only what is marked is copied',
      (state) => mayStart(state) && state.kept === 1,
      (state) => {
        start(state, PHASE.catchingUp)
        state.rollingBack = 1
      },
    ),
    step(
      'the switch is completed: the old source is given up',
      (state) => isIdle(state) && state.kept === 1,
      (state) => {
        state.kept = 0
        state.tracking = 0
        for (const key of state.keys) key.dirty = 0
        empty(state, otherThan(state.route))
      },
    ),
  ]
}
