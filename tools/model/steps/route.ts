import type { Algorithm } from '../algorithm.ts'
import { isInFlight, type OperationState, PHASE, type State } from '../state.ts'
import { progress, type SwitchStep, type World } from './step.ts'

/** A switch may begin with a route of its own, which tells the operations of before from those of the switch. */
export function routeSteps({ algorithm }: World): readonly SwitchStep[] {
  if (!algorithm.waitsAtStart) return []
  const isEarlier = (state: State, { routeNumber }: OperationState): boolean =>
    algorithm.waitsFor === 'all operations'
      ? routeNumber < state.routeNumber
      : routeNumber === state.routeNumber - 1
  return [
    progress(
      'no operation of an earlier route is in flight',
      (state) =>
        state.phase === PHASE.starting && !isInFlight(state, (operation) => isEarlier(state, operation)),
      (state) => {
        state.phase = state.rollingBack === 1 ? PHASE.catchingUp : PHASE.copying
      },
    ),
  ]
}

export function replaceRoute(algorithm: Algorithm, state: State): void {
  if (countsRoutes(algorithm)) state.routeNumber++
}

function countsRoutes({ dualWrite, marks, waitsAtStart }: Algorithm): boolean {
  return (
    dualWrite !== undefined || waitsAtStart || marks === 'when it settles, if it took the route of the switch'
  )
}

/** Whether the gate has to wait. */
export function anyInFlight({ waitsFor }: Algorithm, state: State): boolean {
  return isInFlight(
    state,
    ({ routeNumber }) => waitsFor === 'all operations' || routeNumber === state.routeNumber,
  )
}
