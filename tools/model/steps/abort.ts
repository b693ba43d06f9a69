import { empty, forgetKey, forgetLateImport } from '../forget.ts'
import { COPY, otherThan, PHASE, type State } from '../state.ts'
import { loseImport } from './import.ts'
import { replaceRoute } from './route.ts'
import { type SwitchStep, step, type World } from './step.ts'

export function abortSteps(world: World): readonly SwitchStep[] {
  return [
    step(
      'the switch is aborted',
      ({ aborts, phase }) =>
        aborts < world.bounds.aborts && phase >= PHASE.starting && phase <= PHASE.sealing,
      (state) => {
        state.aborts++
        abort(world, state)
      },
    ),
  ]
}

/**
 * Back to the source alone. The target's namespace is given up, with what is on its way there; but an old source may be
 * kept for the next rollback.
 */
export function abort({ algorithm }: World, state: State): void {
  const target = otherThan(state.route)
  const isKept = state.rollingBack === 1 && algorithm.abortedRollback !== 'nothing'
  const dropsImports = algorithm.namespacePerSwitch && !isKept
  state.keys.forEach((key, k) => {
    const isDirty = key.dirty === 1 || key.copy !== COPY.none
    if (key.copy === COPY.importing && state.lateKey === 0 && !dropsImports) loseImport(state, k)
    forgetKey(key)
    if (isKept && isDirty && algorithm.abortedRollback === 'all marks') key.dirty = 1
  })
  if (dropsImports) forgetLateImport(state)
  if (!isKept) empty(state, target)
  state.importing &= ~(1 << target)
  state.tracking = Number(isKept)
  state.kept = Number(isKept)
  state.rollingBack = 0
  state.targetRestarted = 0
  state.reopened = 0
  state.cursor = 0
  state.gateClosed = 0
  state.phase = PHASE.idle
  replaceRoute(algorithm, state)
}
