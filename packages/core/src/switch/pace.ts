import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

/** What operations keep of their own pace while something is copied. */
const SHARE = 0.8
/** Rests that are made in any case, so that it is known what others have in them: a part of each step. */
const LEAST = 0.1
/** The longest rest before it is looked whether it is needed. */
const SLICE_MS = 2
/** An event loop that is idle for most of the time is not fought over. */
const BUSY = 0.25
/** How much of what was measured in earlier steps counts in the next one. */
const MEMORY = 0.8

/** Keeps copying from taking the event loop and the backends away from those who use them meanwhile. */
export interface Pace {
  /** Now a step begins. Throws if the signal has been aborted, as `rest` does. */
  begin(): void
  /** A step over so many keys is done: waits until the next one may begin. */
  rest(keys: number): Promise<void>
  /** Whether others used the backends of late: then nothing should be on its way in a rest. */
  readonly isContended: boolean
}

export interface PaceOptions {
  /** Keys in a second at the most; 0: as many as there come. */
  readonly maxRate: number
  readonly signal: AbortSignal
  /** How many operations of others there have been. Default: there are no others. */
  readonly traffic?: (() => number) | undefined
}

/** Operations of others over a time, the later ones counting more. */
interface Measure {
  operations: number
  ms: number
}

/**
 * Others keep their share if a step that took `T`, in which they had the part `f` of the operations that they have
 * while it rests, is followed by a rest of `T (SHARE - f) / (1 - SHARE)`.
 */
export function createPace({ maxRate, signal, traffic = () => 0 }: PaceOptions): Pace {
  const working: Measure = { operations: 0, ms: 0 }
  const resting: Measure = { operations: 0, ms: 0 }
  let at = performance.now()
  let seen = traffic()
  let nextAt = 0
  /** Rests that were too short for a timer. */
  let owedMs = 0

  /** Adds what happened since the last call; how long that is. */
  function count(measure: Measure): number {
    const [now, operations] = [performance.now(), traffic()]
    const tookMs = now - at
    measure.operations = measure.operations * MEMORY + operations - seen
    measure.ms = measure.ms * MEMORY + tookMs
    at = now
    seen = operations
    return tookMs
  }

  const isContended = (): boolean => working.operations > 0 || resting.operations > 0

  /** How long to rest after a step that took so long. */
  function restAfter(ms: number): number {
    if (!isContended()) return 0
    const left =
      resting.operations === 0 ? 1 : (working.operations * resting.ms) / (resting.operations * working.ms)
    return ms * Math.max((SHARE - left) / (1 - SHARE), LEAST)
  }

  async function restFor(ms: number): Promise<void> {
    const end = performance.now() + ms
    for (let left = ms; left > 0; left = end - performance.now()) {
      const before = performance.eventLoopUtilization()
      await sleep(Math.min(left, SLICE_MS), undefined, { signal })
      if (performance.eventLoopUtilization(before).utilization < BUSY) return
    }
  }

  return {
    begin() {
      signal.throwIfAborted()
      at = performance.now()
      seen = traffic()
    },
    async rest(keys) {
      signal.throwIfAborted()
      // Stores that answer at once leave nobody else their turn.
      await nextTurn()
      const tookMs = count(working)
      if (maxRate > 0) {
        nextAt = Math.max(nextAt, at) + (keys / maxRate) * 1000
        if (nextAt > at) await sleep(nextAt - at, undefined, { signal })
      }
      owedMs += restAfter(tookMs)
      if (owedMs < 1) return
      await restFor(owedMs)
      owedMs = 0
      count(resting)
    },
    get isContended() {
      return isContended()
    },
  }
}
