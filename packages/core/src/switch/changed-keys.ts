import { createDirtyKeys, type DirtyKeys } from './dirty-keys.ts'

/** More are not remembered: from there on copying everything is no more work. */
const MOST = 1_000_000

/** Keys that were written since a switch, for the way back. */
export interface ChangedKeys {
  add(key: string): void
  /** Undefined when there are too many to be remembered: any key may have been written. */
  readonly keys: DirtyKeys | undefined
}

/** @param most that are remembered. Default: a million */
export function createChangedKeys(most: number = MOST): ChangedKeys {
  let keys: DirtyKeys | undefined = createDirtyKeys()
  return {
    add(key) {
      keys?.add(key)
      if (keys !== undefined && keys.size > most) keys = undefined
    },
    get keys() {
      return keys
    },
  }
}
