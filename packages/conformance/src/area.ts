import type { AnyStore, Capabilities, State } from '@switchyard/core'
import type { Trial } from './trial.ts'

/** What decides which cases there are. */
export interface Traits extends Capabilities {
  /** The cases set the clock; without it they wait, and no exact instant can be tested. */
  readonly exactClock: boolean
  readonly randomRuns: number
  readonly seed: number
}

/** One thing that every backend with these traits has to get right. */
export interface Case {
  readonly title: string
  /** Gets several times the usual time. */
  readonly slow?: boolean
  run(trial: Trial): Promise<void>
}

export type Area = (traits: Traits) => readonly Case[]

/** A case on a fresh store, with the checks of the edge around it. */
export function onStore(title: string, body: (store: AnyStore, trial: Trial) => Promise<void>): Case {
  return { title, run: async (trial) => body(await trial.open(), trial) }
}

/** A case on a state with a fresh store, which only `cleanup()` cleans. */
export function onState(title: string, body: (state: State, trial: Trial) => Promise<void>): Case {
  return { title, run: async (trial) => body(await trial.openState(), trial) }
}

/** A case that opens what it needs. */
export function onPlace(title: string, body: (trial: Trial) => Promise<void>): Case {
  return { title, run: body }
}

/** The cases for a trait that is there, or those for one that is not. */
export function either(
  declared: boolean,
  cases: readonly Case[],
  otherwise: readonly Case[] = [],
): readonly Case[] {
  return declared ? cases : otherwise
}
