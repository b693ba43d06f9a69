import { ABSENT, type Entry, expiryIn, makeEntry, valueIn, versionIn } from './entry.ts'
import type { Histories } from './history.ts'
import { liveIn, PHASE, type State } from './state.ts'

/** What a step can break, by itself: noted in the state. */
const BROKEN = {
  twoAuthorities: 'I1: a write was accepted by a store that the pointer does not name',
  notEqualAtCommit: 'I3: source and target differ at the commit',
  importedWhileServing: 'I4: an import landed in the store that serves',
  notLinearizable: 'I6: an answer was valid at no moment between call and return',
} as const

/** Who finds something broken: the clients by what they see, or one who sees everything. */
export type Judge = 'everything' | 'clients'

export type Broken = keyof typeof BROKEN

const NAMES = Object.keys(BROKEN) as Broken[]

export function breaks(state: State, broken: Broken): void {
  state.broken = 1 + NAMES.indexOf(broken)
}

/** What a client can read: a count is how the variant with counted versions writes them. */
export function visible(entry: Entry): Entry {
  return makeEntry(versionIn(entry), valueIn(entry), expiryIn(entry))
}

export function brokenProperty(state: State, histories: Histories, judge: Judge): string | undefined {
  const broken = NAMES[state.broken - 1]
  if (broken !== undefined && (judge === 'everything' || broken === 'notLinearizable')) return BROKEN[broken]
  if (state.up === 0) return undefined
  for (const key of state.keys) {
    const found = visible(liveIn(state, state.route, key))
    if (!histories.allows(key.history, found)) return difference(found, histories.entries(key.history))
  }
  return undefined
}

/** What a read now would find, where it may find only `allowed`. */
function difference(found: Entry, allowed: readonly Entry[]): string {
  if (found === ABSENT) return 'I2: an acknowledged write is lost'
  if (allowed.every((entry) => entry === ABSENT)) return 'I7: what was absent is back'
  if (allowed.some((entry) => versionIn(entry) === versionIn(found))) {
    return 'I3: a version has another value or expiry than it was written with'
  }
  return 'I2: an acknowledged write is lost, an older one is back'
}

/** A closed gate opens by steps of the switch alone, whatever clients and stores do. */
export function mustProgress(state: State): string | undefined {
  return state.up === 1 && state.gateClosed === 1 ? 'the gate stays closed' : undefined
}

export function isFinished(state: State): boolean {
  return state.up === 1 && state.commits > 0 && state.phase === PHASE.idle
}
