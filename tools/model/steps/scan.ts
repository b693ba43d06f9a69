import { ABSENT } from '../entry.ts'
import { keyName } from '../show.ts'
import { anyCopy, liveIn, PHASE, type State } from '../state.ts'
import { beginCopy, mayCopy, readSource } from './copy.ts'
import { type SwitchStep, step, type World } from './step.ts'

/** The walk over the keys of the source. Copies of several keys may be under way; it is over when they are. */
export function scanSteps(world: World): readonly SwitchStep[] {
  const { algorithm, bounds } = world
  const isListed = algorithm.scan === 'listed'

  /** The key that the listing gives after the cursor, or -1. */
  function following(state: State): number {
    let present = 0
    for (let k = 0; k < bounds.keys.length; k++) {
      if (liveIn(state, state.route, state.key(k)) === ABSENT) continue
      if (algorithm.scan === 'by offset' ? present === state.cursor : k >= state.cursor) return k
      present++
    }
    return -1
  }

  const scanKey = bounds.keys.map((_, k) =>
    step(
      `the scan comes to ${keyName(k)}${isListed ? ' and its entry' : ''}`,
      (state) => state.phase === PHASE.copying && following(state) === k && mayCopy(world, state, k),
      (state) => {
        state.cursor = algorithm.scan === 'by offset' ? state.cursor + 1 : k + 1
        if (isListed) readSource(world, state, k)
        else beginCopy(world, state, k)
      },
    ),
  )
  const endScan = step(
    'the scan is over',
    (state) => state.phase === PHASE.copying && following(state) < 0 && !anyCopy(state),
    (state) => {
      state.cursor = 0
      state.phase = PHASE.catchingUp
    },
  )
  return [...scanKey, endScan]
}
