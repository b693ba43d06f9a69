import type { Entry } from '@switchyard/core'

/** What becomes of a key; without an entry it is deleted. */
export interface Change {
  readonly key: string
  readonly entry: Entry | undefined
}
