import { StateError } from '../errors.ts'
import type { Copier } from './copier.ts'
import type { DirtyKeys } from './dirty-keys.ts'

/** Rounds without rests in which writes are not slowed, however fast they come. */
const PATIENT_ROUNDS = 1
/** The delay of a write when copying cannot keep up, in the first round of it; doubled each round. */
const FIRST_DELAY_MS = 1
const MAX_DELAY_MS = 64
/** Catching up that does not get there. */
const MAX_ROUNDS = 50
/** What is left to the pause takes no longer. */
const SHORT_MS = 10
/** So few dirty keys are left to the pause in any case. */
const FEW = 100

export interface CatchUp {
  /** Copies what was written meanwhile, until what is left fits into a pause. */
  run(): Promise<void>
  /** Writes need not wait any more, as what follows takes its time. */
  relax(): void
  /** How long each write has to wait, so that copying can keep up. */
  readonly delayMs: number
}

export interface CatchUpOptions {
  readonly copier: Copier
  readonly dirty: DirtyKeys
  readonly pauseBudgetMs: number
  readonly signal: AbortSignal
  readonly onRound: () => void
}

export function createCatchUp({ copier, dirty, pauseBudgetMs, signal, onRound }: CatchUpOptions): CatchUp {
  let delayMs = 0

  return {
    async run() {
      /** Rounds without rests, made since taking turns did not do. */
      let hurried = 0
      for (let round = 1; ; round++) {
        signal.throwIfAborted()
        const count = dirty.size
        const tookMs = await copier.drain(count, { hurry: hurried > 0 })
        onRound()
        // What came in during this round will take as long in proportion.
        const leftMs = (tookMs * dirty.size) / Math.max(count, 1)
        if (dirty.size <= FEW || leftMs <= Math.min(pauseBudgetMs / 4, SHORT_MS)) return
        if (round === MAX_ROUNDS) {
          throw new StateError('TIMEOUT', 'Keys are written faster than they can be copied')
        }
        const shrinks = dirty.size <= count / 2
        if (hurried > 0 || !shrinks) hurried++
        if (shrinks) delayMs = Math.floor(delayMs / 2)
        else if (hurried > PATIENT_ROUNDS) {
          delayMs = Math.min(Math.max(delayMs * 2, FIRST_DELAY_MS), MAX_DELAY_MS)
        }
      }
    },
    relax() {
      delayMs = 0
    },
    get delayMs() {
      return delayMs
    },
  }
}
