/** `done`: the target serves. `aborted`, `failed`: the source serves as before. */
export type SwitchPhase =
  | 'preparing'
  | 'copying'
  | 'catching-up'
  | 'verifying'
  | 'cutting-over'
  | 'done'
  | 'aborted'
  | 'failed'

/** How long the parts of a pause took, in ms. */
export interface PauseParts {
  /** Until what was on its way had settled. */
  readonly waitMs: number
  /** To copy what was dirty still. */
  readonly copyMs: number
  /** To compare that, and to have the target put it on its disk. */
  readonly settleMs: number
  /** To record that the target serves. */
  readonly commitMs: number
}

/** Where a switch stands. */
export interface SwitchProgress {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly phase: SwitchPhase
  /** Entries and deletions written to the target. */
  readonly copied: number
  /** Entries in the source when it began. */
  readonly total: number
  /** Keys compared with the target's. */
  readonly verified: number
  /** Keys written since they were copied. */
  readonly dirty: number
  /** Keys copied in a second, of late. */
  readonly rate: number
  /** Until the copy is done at that rate; absent where it cannot be told. */
  readonly etaMs?: number
  /** How long operations have waited in the cut-over, its failed attempts included. */
  readonly pauseMs: number
  /** What the latest attempt of the cut-over took; absent before. */
  readonly pauseParts?: PauseParts
  /** Cut-overs that were begun. */
  readonly attempts: number
  /** Keys that the comparison found to differ, and that were copied again. */
  readonly repaired: number
}

/** Tells whoever listens where a switch stands. */
export interface ProgressReporter {
  readonly current: SwitchProgress
  update(change: Partial<Omit<SwitchProgress, 'id' | 'from' | 'to' | 'rate' | 'etaMs'>>): void
  /** Each change of phase, and the figures now and then; ends with the switch. */
  watch(): AsyncIterable<SwitchProgress>
}

/** How often figures are told while the phase stays. */
const INTERVAL_MS = 100
/** The time over which the rate is taken. */
const RATE_MS = 2000
const ENDS: ReadonlySet<SwitchPhase> = new Set(['done', 'aborted', 'failed'])

export function createProgress(
  start: Pick<SwitchProgress, 'id' | 'from' | 'to'>,
  onProgress: (progress: SwitchProgress) => void,
): ProgressReporter {
  const samples: { readonly at: number; readonly copied: number }[] = []
  let toldAt = 0
  let changed = Promise.withResolvers<void>()
  let current: SwitchProgress = {
    ...start,
    phase: 'preparing',
    copied: 0,
    total: 0,
    verified: 0,
    dirty: 0,
    rate: 0,
    pauseMs: 0,
    attempts: 0,
    repaired: 0,
  }

  function rateNow(now: number, copied: number): number {
    samples.push({ at: now, copied })
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > RATE_MS) samples.shift()
    const first = samples[0]
    if (first === undefined || now <= first.at) return 0
    return Math.round(((copied - first.copied) * 1000) / (now - first.at))
  }

  return {
    get current() {
      return current
    },
    update(change) {
      const now = performance.now()
      const phaseChanged = change.phase !== undefined && change.phase !== current.phase
      const { etaMs: _, ...before } = current
      const next = { ...before, ...change }
      if (!phaseChanged && now - toldAt < INTERVAL_MS) {
        current = next
        return
      }
      const rate = rateNow(now, next.copied)
      const left = next.total - next.copied
      const eta =
        next.phase === 'copying' && rate > 0 && left > 0 ? { etaMs: Math.round((left / rate) * 1000) } : {}
      current = { ...next, rate, ...eta }
      toldAt = now
      onProgress(current)
      changed.resolve()
      changed = Promise.withResolvers()
    },
    async *watch() {
      for (;;) {
        const next = changed.promise
        const told = current
        yield told
        if (ENDS.has(told.phase)) return
        await next
      }
    },
  }
}
