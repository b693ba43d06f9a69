import { type Entry, expiryIn, withExpiry } from '../entry.ts'
import { endCopy } from '../forget.ts'
import { keyName } from '../show.ts'
import { COPY, liveIn, PHASE, type State } from '../state.ts'
import { mayRead } from './dual-write.ts'
import { type SwitchStep, step, type World } from './step.ts'

/** The copier: it clears the mark of a key, then reads it from the source, then sends the import. */
export function copySteps(world: World): readonly SwitchStep[] {
  const { algorithm, bounds } = world

  return bounds.keys.flatMap((_, k) => {
    const name = keyName(k)
    const drain = step(
      `the copier takes up the dirty key ${name}`,
      (state) => {
        if (state.phase !== PHASE.catchingUp && state.phase !== PHASE.draining) return false
        return state.key(k).dirty === 1 && mayCopy(world, state, k)
      },
      (state) => {
        if (bounds.verifies && state.phase === PHASE.draining) state.key(k).drained = 1
        beginCopy(world, state, k)
      },
    )
    const read = step(
      `the copier reads ${name} from the source`,
      (state) => state.key(k).copy === COPY.cleared,
      (state) => readSource(world, state, k),
    )
    const fail = step(
      `the copier fails to read ${name}`,
      (state) => state.key(k).copy === COPY.cleared && state.failedReads < bounds.failedReads,
      (state) => {
        const key = state.key(k)
        state.failedReads++
        if (algorithm.marksFailedCopies) key.dirty = 1
        endCopy(key)
      },
    )
    const clear = step(
      `the copier clears the mark of ${name}, which it has read`,
      (state) => state.key(k).copy === COPY.read,
      (state) => {
        const key = state.key(k)
        key.dirty = 0
        key.copy = COPY.importing
      },
    )
    return [drain, read, fail, ...(algorithm.clears === 'after the read' ? [clear] : [])]
  })
}

/** One copy of a key at a time; and where the store cannot order imports, none while an earlier one may land. */
export function mayCopy({ algorithm }: World, state: State, k: number): boolean {
  if (state.key(k).copy !== COPY.none) return false
  if (algorithm.imports === 'one by one' && state.lateKey === k + 1) return false
  return algorithm.dualWrite === undefined || mayRead(state, k, algorithm.dualWrite)
}

export function beginCopy({ algorithm }: World, state: State, k: number): void {
  const key = state.key(k)
  key.copy = COPY.cleared
  if (algorithm.clears === 'before the read') key.dirty = 0
}

/** What was read is on its way at once: nobody sees it before it lands. */
export function readSource({ algorithm }: World, state: State, k: number): void {
  const key = state.key(k)
  const entry = liveIn(state, state.route, key)
  key.copied = algorithm.expiry === 'time left' ? withTimeLeft(entry, state.now) : entry
  key.copy = algorithm.clears === 'after the read' ? COPY.read : COPY.importing
}

function withTimeLeft(entry: Entry, now: number): Entry {
  return expiryIn(entry) === 0 ? entry : withExpiry(entry, expiryIn(entry) - now)
}
