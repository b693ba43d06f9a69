import type { Algorithm } from '../algorithm.ts'
import { ABSENT, COPIED_VERSION, type Entry, expiryIn, withExpiry, withVersion } from '../entry.ts'
import { endCopy, forgetLateImport } from '../forget.ts'
import { breaks } from '../properties.ts'
import { keyName } from '../show.ts'
import { COPY, otherThan, type State, store, storedIn } from '../state.ts'
import { type SwitchStep, step, type World } from './step.ts'

/** What becomes of an import: it lands and settles in one step, or its outcome stays unknown and it may land later. */
export function importSteps(world: World): readonly SwitchStep[] {
  const { algorithm, bounds } = world

  const settles = bounds.keys.map((_, k) =>
    step(
      `the import of ${keyName(k)} lands and settles`,
      (state) => state.key(k).copy === COPY.importing,
      (state) => {
        const key = state.key(k)
        land(algorithm, state, k, otherThan(state.route), key.copied)
        if (state.lateKey === k + 1) state.lateSuperseded = 1
        if (algorithm.clears === 'after the import') key.dirty = 0
        endCopy(key)
      },
    ),
  )
  const timesOut = bounds.keys.map((_, k) =>
    step(
      `the import of ${keyName(k)} times out and may land later`,
      (state) => {
        if (state.lateKey !== 0 || state.importTimeouts >= bounds.importTimeouts) return false
        return state.key(k).copy === COPY.importing
      },
      (state) => {
        const key = state.key(k)
        state.importTimeouts++
        loseImport(state, k)
        if (algorithm.marksFailedCopies) key.dirty = 1
        endCopy(key)
      },
    ),
  )
  const landsLate = step(
    'the late import lands',
    (state) => state.lateKey !== 0,
    (state) => {
      const { lateKey, lateEntry, lateStore, lateSuperseded } = state
      const isAccepted = !algorithm.seals || (state.importing & (1 << lateStore)) !== 0
      const isNewest = algorithm.imports !== 'in sequence' || lateSuperseded === 0
      forgetLateImport(state)
      if (isAccepted && isNewest) land(algorithm, state, lateKey - 1, lateStore, lateEntry)
    },
  )
  return [...settles, ...timesOut, landsLate]
}

/** The import that is under way may land later. */
export function loseImport(state: State, k: number): void {
  state.lateKey = k + 1
  state.lateEntry = state.key(k).copied
  state.lateStore = otherThan(state.route)
}

/** The import of an entry, or of its absence: a tombstone. */
function land(algorithm: Algorithm, state: State, k: number, target: number, entry: Entry): void {
  const key = state.key(k)
  if (target === state.pointer) breaks(state, 'importedWhileServing')
  if (algorithm.dualWrite?.backfills === 'if absent' && storedIn(key, target) !== ABSENT) return
  store(key, target, imported(algorithm, entry, state.now))
  state.unflushed |= 1 << target
}

function imported({ expiry, versions }: Algorithm, entry: Entry, now: number): Entry {
  if (entry === ABSENT) return ABSENT
  const named = versions === 'given anew' ? withVersion(entry, COPIED_VERSION) : entry
  if (expiryIn(entry) === 0 || expiry === 'instant') return named
  return withExpiry(named, expiry === 'dropped' ? 0 : now + expiryIn(entry))
}
