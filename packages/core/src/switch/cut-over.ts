import { setTimeout as sleep } from 'node:timers/promises'
import { StateError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import type { Copier } from './copier.ts'
import type { ProgressReporter } from './progress.ts'

/** Cut-overs that are tried before the switch is given up. */
const MAX_ATTEMPTS = 5
/** Between two of them; doubled each time. */
const RETRY_MS = 100

export interface CutOverOptions {
  readonly operations: Operations
  readonly copier: Copier
  readonly progress: ProgressReporter
  readonly pauseBudgetMs: number
  readonly signal: AbortSignal
  /** Called when nothing is on its way any more, before what is dirty is copied for the last time. */
  readonly onIdle: () => void
  /** Brings the dirty keys down to what fits into the pause. */
  readonly catchUp: () => Promise<void>
  /** With nothing on its way: makes sure that the target has these keys, as those before, and keeps them. Throws if not. */
  readonly settle: (keys: readonly string[]) => Promise<void>
  /** Makes the target serve, durably and for the next operation. */
  readonly commit: () => Promise<void>
}

/**
 * Lets operations wait, for a bounded pause, while what is in flight settles and the last dirty keys are copied; then
 * commits. Where the budget does not suffice, the source serves on, and it is tried again later.
 *
 * @throws StateError `TIMEOUT` if no attempt fitted into the budget
 */
export async function cutOver(options: CutOverOptions): Promise<void> {
  const { operations, copier, progress, pauseBudgetMs, signal, onIdle, catchUp, settle, commit } = options
  for (let attempt = 1; ; attempt++) {
    progress.update({ phase: 'cutting-over', attempts: attempt })
    const started = performance.now()
    const budget = createBudget(pauseBudgetMs)
    const idle = operations.pause()
    const parts = { waitMs: 0, copyMs: 0, settleMs: 0, commitMs: 0 }
    const timed = async <T>(part: keyof typeof parts, work: Promise<T>): Promise<T> => {
      const began = performance.now()
      const result = await work
      parts[part] = performance.now() - began
      return result
    }
    let unsettled: Promise<unknown> = Promise.resolve()
    const drainAndSettle = async (): Promise<void> => {
      onIdle()
      await timed('settleMs', settle(await timed('copyMs', copier.drainAll())))
    }
    const settling = (work: Promise<unknown>): Promise<unknown> => {
      unsettled = work
      return work
    }
    try {
      const isReady =
        (await budget.fits(timed('waitMs', idle))) && (await budget.fits(settling(drainAndSettle())))
      if (isReady) {
        signal.throwIfAborted()
        await timed('commitMs', commit())
        return
      }
    } finally {
      operations.resume()
      const pauseMs = progress.current.pauseMs + (performance.now() - started)
      progress.update({ pauseMs, pauseParts: parts })
    }
    // What went on past the budget ends before anything else is copied.
    await unsettled
    if (attempt === MAX_ATTEMPTS) {
      const message = `No cut-over of ${MAX_ATTEMPTS} fitted into a pause of ${pauseBudgetMs} ms; raise pauseBudgetMs or try at a quieter time`
      throw new StateError('TIMEOUT', message)
    }
    await sleep(RETRY_MS * 2 ** (attempt - 1), undefined, { signal })
    await catchUp()
  }
}

interface PauseBudget {
  /** Whether the work ends before the budget does. Rejects with the work. */
  fits(work: Promise<unknown>): Promise<boolean>
}

function createBudget(limitMs: number): PauseBudget {
  const end = performance.now() + limitMs
  return {
    async fits(work) {
      const timer = Promise.withResolvers<false>()
      const timeout = setTimeout(() => timer.resolve(false), Math.max(end - performance.now(), 0))
      try {
        return await Promise.race([work.then(() => true), timer.promise])
      } finally {
        clearTimeout(timeout)
      }
    },
  }
}
