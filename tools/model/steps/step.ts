import type { Algorithm } from '../algorithm.ts'
import type { Bounds } from '../bounds.ts'
import type { Step } from '../checker.ts'
import type { Histories } from '../history.ts'
import type { State } from '../state.ts'

/** What all steps are made from. */
export interface World {
  readonly algorithm: Algorithm
  readonly bounds: Bounds
  readonly histories: Histories
}

export type SwitchStep = Step<State>

type Guard = (state: State) => boolean
type Change = (state: State) => void

export function step(name: string, enabled: Guard, take: Change): SwitchStep {
  return { name, enabled, take }
}

/** A step that the switch takes alone. */
export function progress(name: string, enabled: Guard, take: Change): SwitchStep {
  return { name, enabled, take, progress: true }
}

export function operationName(i: number): string {
  return `operation ${i + 1}`
}
