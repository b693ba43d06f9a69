import type { State, SwitchPhase, SwitchProgress } from '@switchyard/core'

/** How a switch can end. */
export type SwitchOutcome = Extract<SwitchPhase, 'done' | 'aborted' | 'failed'>

export type RunningPhase = Exclude<SwitchPhase, SwitchOutcome>

/** The phases of a switch while it runs, in their order. */
export const RUNNING_PHASES: readonly RunningPhase[] = [
  'preparing',
  'copying',
  'catching-up',
  'verifying',
  'cutting-over',
]

/** The latest switch of this process, as its events tell of it. */
export interface SwitchPhases {
  /** 'none' while no switch is under way. */
  readonly current: RunningPhase | 'none'
  readonly progress: SwitchProgress | undefined
}

export interface SwitchListener {
  /** It was in this phase for so long. */
  onLeft(phase: RunningPhase, durationMs: number): void
  onEnd(outcome: SwitchOutcome): void
}

/** Follows the switches of a state. */
export function followSwitches(state: Pick<State, 'on'>, { onLeft, onEnd }: SwitchListener): SwitchPhases {
  let current: RunningPhase | 'none' = 'none'
  let enteredAt = 0
  let progress: SwitchProgress | undefined
  state.on('switch', (next) => {
    const before = progress
    progress = next
    const { id, phase } = next
    if (before?.id === id && before.phase === phase) return
    const now = performance.now()
    if (current !== 'none') onLeft(current, now - enteredAt)
    enteredAt = now
    if (isRunning(phase)) {
      current = phase
    } else {
      current = 'none'
      onEnd(phase)
    }
  })
  return {
    get current() {
      return current
    },
    get progress() {
      return progress
    },
  }
}

function isRunning(phase: SwitchPhase): phase is RunningPhase {
  return (RUNNING_PHASES as readonly SwitchPhase[]).includes(phase)
}
