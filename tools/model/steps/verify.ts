import { keyName } from '../show.ts'
import { anyCopy, anyDirty, liveIn, otherThan, PHASE, type State } from '../state.ts'
import { progress, type SwitchStep, step, type World } from './step.ts'

/** Verifying under traffic: each key is read from the source, then compared. What differs is copied again. */
export function verifySteps({ algorithm, bounds }: World): readonly SwitchStep[] {
  const isAt = (state: State, k: number): boolean => state.phase === PHASE.verifying && state.cursor === k

  const begin = step(
    'few dirty keys are left',
    (state) => state.phase === PHASE.catchingUp && !anyCopy(state),
    (state) => {
      state.phase = bounds.verifies ? PHASE.verifying : PHASE.ready
    },
  )
  if (!bounds.verifies) return [begin]

  const keys = bounds.keys.flatMap((_, k) => [
    step(
      `verifying reads ${keyName(k)} from the source`,
      (state) => isAt(state, k) && state.key(k).seen === 0,
      (state) => {
        state.key(k).seen = 1 + liveIn(state, state.route, state.key(k))
      },
    ),
    step(
      `verifying compares ${keyName(k)} with the target`,
      (state) => isAt(state, k) && state.key(k).seen !== 0,
      (state) => {
        const key = state.key(k)
        if (key.seen - 1 !== liveIn(state, otherThan(state.route), key)) key.dirty = 1
        key.seen = 0
        state.cursor++
      },
    ),
  ])
  const end = step(
    'all keys are verified',
    (state) => isAt(state, bounds.keys.length),
    (state) => {
      state.cursor = 0
      state.phase = PHASE.ready
    },
  )
  const verifyDrained = progress(
    'verifying compares what was drained behind the gate',
    (state) => state.phase === PHASE.verifyingDrained,
    (state) => {
      for (const key of state.keys) {
        const isEqual = liveIn(state, state.route, key) === liveIn(state, otherThan(state.route), key)
        if (key.drained === 1 && !isEqual) key.dirty = 1
        key.drained = 0
      }
      state.phase = anyDirty(state) && algorithm.drainsBehindGate ? PHASE.draining : PHASE.flushing
    },
  )
  return [begin, ...keys, end, verifyDrained]
}
