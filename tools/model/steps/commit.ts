import { empty } from '../forget.ts'
import { breaks } from '../properties.ts'
import { liveIn, otherThan, PHASE, type State } from '../state.ts'
import { die } from './crash.ts'
import { replaceRoute } from './route.ts'
import { progress, type SwitchStep, type World } from './step.ts'

/** The pointer is written by a rename and a sync of its directory; then the route is flipped. */
export function commitSteps(world: World): readonly SwitchStep[] {
  const { algorithm, bounds } = world
  const flipsFirst = algorithm.flips === 'before the commit'
  const mayFail = (state: State): boolean => state.crashes < bounds.crashes

  function flip(state: State): void {
    // What is kept matters only where another switch may start.
    const isKept = Number(state.switches < bounds.switches)
    state.route = otherThan(state.route)
    state.gateClosed = 0
    state.reopened = 0
    state.rollingBack = 0
    replaceRoute(algorithm, state)
    state.targetRestarted = 0
    state.kept = isKept
    state.tracking = algorithm.tracksForRollbackFrom === 'the flip' ? isKept : 0
    for (const key of state.keys) key.dirty = 0
  }

  function fail(state: State): void {
    state.crashes++
    if (algorithm.failedCommit === 'reopens the source') {
      state.gateClosed = 0
      state.tracking = 0
      state.phase = PHASE.idle
      return
    }
    if (algorithm.failedCommit === 'stops the process and empties the target')
      empty(state, otherThan(state.route))
    die(world, state)
  }

  return [
    progress(
      'the route is flipped and the gate opens',
      ({ phase, gateClosed }) =>
        gateClosed === 1 && phase === (flipsFirst ? PHASE.committing : PHASE.committed),
      (state) => {
        flip(state)
        if (!flipsFirst) state.phase = PHASE.served
      },
    ),
    progress(
      'the pointer is renamed to the target: THE COMMIT',
      ({ phase, gateClosed }) => phase === PHASE.committing && (gateClosed === 0 || !flipsFirst),
      (state) => {
        const target = otherThan(state.pointer)
        for (const key of state.keys) {
          if (liveIn(state, state.pointer, key) !== liveIn(state, target, key))
            breaks(state, 'notEqualAtCommit')
        }
        state.pointer = target
        state.commits++
        state.phase = PHASE.syncing
      },
    ),
    progress(
      'the directory of the pointer is synced',
      ({ phase }) => phase === PHASE.syncing,
      (state) => {
        state.durablePointer = state.pointer
        state.phase = flipsFirst ? PHASE.served : PHASE.committed
      },
    ),
    progress(
      'the pointer cannot be written',
      (state) => state.phase === PHASE.committing && mayFail(state),
      fail,
    ),
    progress(
      'the directory of the pointer cannot be synced',
      (state) => state.phase === PHASE.syncing && mayFail(state),
      fail,
    ),
    progress(
      'the journal says done',
      ({ phase }) => phase === PHASE.served,
      (state) => {
        state.tracking = state.kept
        state.phase = PHASE.idle
      },
    ),
  ]
}
