import { MAX_TIMER_MS } from './clock.ts'
import { asStateError, type StateError } from './errors.ts'
import { parseTtl, type Ttl } from './ttl.ts'

/** Runs a cleanup now and then, one at a time. Its timer keeps no process alive. */
export interface Cleaner {
  /** Starts, or goes on with another interval. */
  start(interval: Ttl): void
  /** No run begins after this; resolves when the one under way, if any, has ended. */
  stop(): Promise<void>
  /** No run begins until the function it returns is called. */
  hold(): () => void
  /** Resolves when the run under way, if any, has ended. */
  idle(): Promise<void>
}

export function createCleaner(
  cleanup: () => Promise<unknown>,
  onError: (error: StateError) => void,
): Cleaner {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let holders = 0

  async function run(): Promise<void> {
    try {
      await cleanup()
    } catch (error) {
      onError(asStateError(error, { operation: 'cleanup' }))
    }
  }

  async function runOnce(): Promise<void> {
    // Where the error cannot even be told, there is nobody left to tell.
    await run().catch(() => undefined)
    running = undefined
    timer?.refresh()
  }

  return {
    start(interval) {
      const intervalMs = Math.min(parseTtl(interval), MAX_TIMER_MS)
      clearTimeout(timer)
      timer = setTimeout(() => {
        if (holders > 0) timer?.refresh()
        else running ??= runOnce()
      }, intervalMs)
      timer.unref()
    },
    async stop() {
      clearTimeout(timer)
      timer = undefined
      await running
    },
    hold() {
      holders++
      return () => {
        holders--
      }
    },
    async idle() {
      await running
    },
  }
}
