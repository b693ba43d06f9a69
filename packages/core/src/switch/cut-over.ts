import { setTimeout as sleep } from 'node:timers/promises'
import { atMost } from '../at-most.ts'
import { StateError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import type { Copier } from './copier.ts'
import type { ProgressReporter } from './progress.ts'
import { createStopwatch } from './stopwatch.ts'

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
  /**
   * With nothing on its way: makes sure that the target has these keys, as those before, and keeps them. Throws if not, and
   * soon after the signal aborts, as writes go on from then on.
   */
  readonly settle: (keys: readonly string[], signal: AbortSignal) => Promise<void>
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
    const stopwatch = createStopwatch('waitMs')
    const overrun = new AbortController()
    const copyRest = async (): Promise<void> => {
      onIdle()
      stopwatch.begin('copyMs')
      const drained = await copier.drainAll(overrun.signal)
      overrun.signal.throwIfAborted()
      stopwatch.begin('settleMs')
      await settle(drained, overrun.signal)
    }
    let copying: Promise<void> | undefined
    const ready = operations.pause().then(() => {
      overrun.signal.throwIfAborted()
      copying = copyRest()
      return copying
    })
    try {
      if (await atMost(pauseBudgetMs, ready)) {
        signal.throwIfAborted()
        stopwatch.begin('commitMs')
        await commit()
        return
      }
      overrun.abort()
    } finally {
      operations.resume()
      const pauseMs = progress.current.pauseMs + (performance.now() - started)
      progress.update({ pauseMs, pauseParts: stopwatch.read() })
    }
    // What is on its way to the target ends before anything else is copied; what it found beside writes says nothing.
    await copying?.catch(() => undefined)
    if (attempt === MAX_ATTEMPTS) {
      const message = `No cut-over of ${MAX_ATTEMPTS} fitted into a pause of ${pauseBudgetMs} ms; raise pauseBudgetMs or try at a quieter time`
      throw new StateError('TIMEOUT', message)
    }
    await sleep(RETRY_MS * 2 ** (attempt - 1), undefined, { signal })
    await catchUp()
  }
}
