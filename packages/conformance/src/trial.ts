import {
  type AnyStore,
  type Backend,
  createState,
  openStore,
  type State,
  type StateOptions,
} from '@switchyard/core'
import type { Traits } from './area.ts'
import { startProcess, type TestProcess } from './child-process.ts'
import { withDeadline } from './deadline.ts'
import type { BackendModule, Place } from './options.ts'
import { makePlace, removePlace } from './place.ts'
import type { TestClock } from './test-clock.ts'

/** What a case gets: a fresh, empty place, and ways to open the backend there. All is closed after the case. */
export interface Trial {
  readonly traits: Traits
  readonly clock: TestClock
  readonly place: Place
  /** The backend on the case's place, not opened. */
  backend(): Promise<Backend>
  /** Opens its store, once more at each call. */
  open(): Promise<AnyStore>
  openState(options?: TrialStateOptions): Promise<State>
  /** Milliseconds that the case may take. */
  readonly timeoutMs: number
  /** Runs the body with a trial on a new place, which is removed again. */
  another(body: (trial: Trial) => Promise<void>): Promise<void>
  /** Has it closed after the case. */
  closeLater(opened: Closable): void
  /** Starts a process that opens the backend on the same place. Rejects with the error of the opening. */
  startProcess(): Promise<TestProcess>
}

export type TrialStateOptions = Omit<StateOptions, 'backends' | 'active'>

interface Closable {
  close(): Promise<void>
}

export interface TrialOptions {
  readonly traits: Traits
  readonly module: BackendModule
  readonly moduleUrl: string
  readonly variant: string | undefined
  readonly createClock: () => TestClock
}

const LONGEST_CLOSE_MS = 5000

/** Runs the body with a trial, and leaves nothing behind. A store that cannot be closed fails the case as well. */
export async function runTrial(
  options: TrialOptions,
  timeoutMs: number,
  body: (trial: Trial) => Promise<void>,
): Promise<void> {
  const { traits, module, moduleUrl, variant, createClock } = options
  const closeTimeoutMs = Math.min(timeoutMs, LONGEST_CLOSE_MS)
  const place = await makePlace(variant)
  const clock = createClock()
  const opened: Closable[] = []
  const processes: TestProcess[] = []

  const trial: Trial = {
    traits,
    clock,
    place,
    backend: async () => module.create(place),
    async open() {
      const store = await openStore(await trial.backend(), { clock })
      opened.push(store)
      return store
    },
    async openState(options = {}) {
      const backend = await trial.backend()
      const state = await createState({
        clock,
        cleanupInterval: false,
        ...options,
        backends: { tested: backend },
      })
      opened.push(state)
      return state
    },
    timeoutMs,
    another: (inner) => runTrial(options, timeoutMs / 8, inner),
    closeLater: (one) => void opened.push(one),
    async startProcess() {
      const process = startProcess({ moduleUrl, place })
      processes.push(process)
      await process.opened()
      return process
    },
  }

  async function end(): Promise<void> {
    await Promise.all(processes.map((process) => process.kill()))
    await Promise.all(opened.map((one) => one.close()))
  }

  try {
    await withDeadline(body(trial), timeoutMs, 'The case did not end')
    await withDeadline(end(), closeTimeoutMs, 'close() did not end')
  } catch (error) {
    // What failed the case is the news; that closing fails as well is not.
    await withDeadline(end(), closeTimeoutMs, 'close() did not end').catch(() => undefined)
    throw error
  } finally {
    await withDeadline(removePlace(place, module), closeTimeoutMs, 'destroy() did not end')
  }
}
