import type { Algorithm } from './algorithm.ts'
import type { Bounds } from './bounds.ts'
import type { Model } from './checker.ts'
import { ABSENT, makeEntry, OLD_VERSION, WRITTEN_VALUE, withCount } from './entry.ts'
import { createHistories } from './history.ts'
import { brokenProperty, isFinished, type Judge, mustProgress } from './properties.ts'
import { showState } from './show.ts'
import { createState, type State } from './state.ts'
import { abortSteps } from './steps/abort.ts'
import { clientSteps } from './steps/client.ts'
import { clockSteps } from './steps/clock.ts'
import { commitSteps } from './steps/commit.ts'
import { copySteps } from './steps/copy.ts'
import { crashSteps } from './steps/crash.ts'
import { dualWriteSteps } from './steps/dual-write.ts'
import { gateSteps } from './steps/gate.ts'
import { importSteps } from './steps/import.ts'
import { routeSteps } from './steps/route.ts'
import { scanSteps } from './steps/scan.ts'
import { startSteps } from './steps/start.ts'
import { storeSteps } from './steps/store.ts'
import { verifySteps } from './steps/verify.ts'

const STEPS = [
  clientSteps,
  storeSteps,
  dualWriteSteps,
  startSteps,
  routeSteps,
  scanSteps,
  copySteps,
  importSteps,
  verifySteps,
  gateSteps,
  commitSteps,
  abortSteps,
  crashSteps,
  clockSteps,
]

/**
 * The model of an algorithm within bounds.
 *
 * @param judge 'clients': only what clients can see counts, not what goes wrong inside.
 */
export function switching(algorithm: Algorithm, bounds: Bounds, judge: Judge = 'everything'): Model<State> {
  const histories = createHistories()
  const world = { algorithm, bounds, histories }
  return {
    createState: () => createState(bounds.keys.length, bounds.operations),
    begin(state) {
      state.up = 1
      bounds.keys.forEach((expiresAt, k) => {
        const key = state.key(k)
        const entry = expiresAt === undefined ? ABSENT : makeEntry(1 + k, WRITTEN_VALUE, expiresAt)
        key.old = entry !== ABSENT && algorithm.versions === 'counted' ? withCount(entry, 1) : entry
        key.new = makeEntry(OLD_VERSION)
        key.history = histories.begin(entry)
      })
    },
    steps: STEPS.flatMap((steps) => steps(world)),
    broken: (state) => brokenProperty(state, histories, judge),
    mustProgress,
    isGoal: isFinished,
    show: showState,
  }
}
