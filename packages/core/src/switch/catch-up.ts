import { StateError } from '../errors.ts'
import type { Copier } from './copier.ts'
import type { DirtyKeys } from './dirty-keys.ts'

/** Rounds in which writes are not slowed, however fast they come. */
const PATIENT_ROUNDS = 5
/** The delay of a write when copying cannot keep up, in the first round of it; doubled each round. */
const FIRST_DELAY_MS = 1
const MAX_DELAY_MS = 64
/** Catching up that does not get there. */
const MAX_ROUNDS = 50
/** So few dirty keys are left to the pause in any case. */
const FEW = 100

export interface CatchUp {
  /** Copies what was written meanwhile, until what is left fits into a pause. */
  run(): Promise<void>
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
      for (let round = 1; ; round++) {
        signal.throwIfAborted()
        const count = dirty.size
        const started = performance.now()
        await copier.drain(count)
        const tookMs = performance.now() - started
        onRound()
        // What came in during this round will take as long in proportion.
        if (dirty.size <= FEW || (tookMs * dirty.size) / Math.max(count, 1) <= pauseBudgetMs / 4) return
        if (round === MAX_ROUNDS) {
          throw new StateError('TIMEOUT', 'Keys are written faster than they can be copied')
        }
        if (round >= PATIENT_ROUNDS && dirty.size >= count) {
          delayMs = Math.min(Math.max(delayMs * 2, FIRST_DELAY_MS), MAX_DELAY_MS)
        }
      }
    },
    get delayMs() {
      return delayMs
    },
  }
}
