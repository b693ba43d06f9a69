import { showEntry } from './entry.ts'
import { PHASE, STORES, type State, storedIn } from './state.ts'

/** A state in a line: what the stores hold, the one that the pointer names with a star, and where the switch is. */
export function showState(state: State): string {
  const contents = STORES.map((name, number) => {
    const entries = state.keys.map((key, k) => `${keyName(k)}=${showEntry(storedIn(key, number))}`)
    return `${name}${state.pointer === number ? '*' : ' '} ${entries.join(' ')}`
  })
  const phase = Object.keys(PHASE)[state.phase]
  const dirty = state.keys.flatMap((key, k) => (key.dirty === 1 ? [keyName(k)] : []))
  const notes = [
    state.up === 0 ? 'down' : phase,
    ...(state.gateClosed === 1 ? ['gate closed'] : []),
    ...(dirty.length > 0 ? [`dirty ${dirty.join(' ')}`] : []),
    ...(state.durablePointer !== state.pointer ? ['pointer not synced'] : []),
    ...(state.now > 0 ? [`clock ${state.now}`] : []),
  ]
  return [...contents, notes.join(', ')].join(' | ')
}

export function keyName(k: number): string {
  return 'ab'[k] as string
}
