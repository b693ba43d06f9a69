import { jsonCodec, type State, StateError, type StateNamespace } from '@switchyard/core'

/** A name that sorts behind all others, so that lists end where it begins. Unicode gives it to no character. */
const NAME = '\u{10ffff}switchyard'
const PREFIX = `${NAME}:`

/** What the server keeps for itself in the state: it moves along when the backend is switched. */
export function internalState(state: State): StateNamespace {
  return state.namespace(NAME, { codec: jsonCodec })
}

/** Removes it where nothing else is in the state, for what wants it empty. */
export async function clearInternalIfAlone(state: State): Promise<void> {
  const [first] = (await state.keys({ limit: 1 }).page()).items
  if (first !== undefined && isInternal(first)) await internalState(state).clear()
}

export function isInternal(key: string): boolean {
  return key.startsWith(PREFIX)
}

/** @throws StateError `INVALID_KEY` for a key of the server's own */
export function refuseInternal(key: string): void {
  if (isInternal(key))
    throw new StateError('INVALID_KEY', 'Keys that begin so are kept for the server', { key })
}
