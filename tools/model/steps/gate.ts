import { anyCopy, anyDirty, otherThan, PHASE } from '../state.ts'
import { abort } from './abort.ts'
import { anyInFlight } from './route.ts'
import { progress, type SwitchStep, step, type World } from './step.ts'

/** Behind the closed gate, up to the commit; and the deadline that opens it. */
export function gateSteps(world: World): readonly SwitchStep[] {
  const { algorithm, bounds } = world

  const close = step(
    'the gate closes',
    ({ phase }) => phase === PHASE.ready,
    (state) => {
      state.gateClosed = 1
      state.phase = PHASE.waiting
    },
  )
  const wait = progress(
    'no operation is in flight',
    (state) => state.phase === PHASE.waiting && !anyInFlight(algorithm, state),
    (state) => {
      state.phase = PHASE.draining
    },
  )
  const drain = progress(
    algorithm.drainsBehindGate ? 'no key is dirty' : 'the dirty keys are left as they are',
    (state) => {
      if (state.phase !== PHASE.draining || anyCopy(state)) return false
      if (algorithm.imports === 'settled at the commit' && state.lateKey !== 0) return false
      return !anyDirty(state) || !algorithm.drainsBehindGate
    },
    (state) => {
      state.phase = bounds.verifies ? PHASE.verifyingDrained : PHASE.flushing
    },
  )
  const flush = progress(
    algorithm.flushes ? 'the target is flushed' : 'the target is not flushed',
    ({ phase }) => phase === PHASE.flushing,
    (state) => {
      if (algorithm.flushes) state.unflushed &= ~(1 << otherThan(state.route))
      if (algorithm.noticesRestartOfTarget && state.targetRestarted === 1) abort(world, state)
      else state.phase = PHASE.sealing
    },
  )
  const seal = progress(
    'the target refuses imports from now on',
    ({ phase }) => phase === PHASE.sealing,
    (state) => {
      state.importing &= ~(1 << otherThan(state.route))
      state.phase = PHASE.committing
    },
  )
  const last = algorithm.deadline === 'during the commit' ? PHASE.syncing : PHASE.sealing
  const deadline = progress(
    'the deadline opens the gate on the source',
    ({ phase }) => phase >= PHASE.waiting && phase <= last,
    (state) => {
      if (state.reopened === bounds.reopenings) {
        abort(world, state)
        return
      }
      state.reopened++
      state.gateClosed = 0
      for (const key of state.keys) key.drained = 0
      state.phase = PHASE.catchingUp
    },
  )
  return [close, wait, drain, flush, seal, ...(algorithm.deadline === 'none' ? [] : [deadline])]
}
