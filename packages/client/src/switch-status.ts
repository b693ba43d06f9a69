import type { SwitchProgress } from '@switchyard/core'

/** Where a switch stands. */
export interface SwitchStatus extends Partial<SwitchProgress> {
  readonly id: string
  readonly from: string
  readonly to: string
  /** 'done': `to` serves; 'aborted', 'failed': `from` serves as before. */
  readonly phase: SwitchProgress['phase']
  /** Why it was given up. */
  readonly error?: { readonly code: string; readonly detail: string }
}
