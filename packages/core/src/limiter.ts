import { StateError } from './errors.ts'

/** Lets a number of operations run at once; a number more wait their turn, and the rest are refused. */
export interface Limiter {
  /** Takes a place if one is free now. */
  tryEnter(): boolean
  /**
   * Waits for a place; the caller enters when `start` is called.
   *
   * @returns a function that gives up waiting
   * @throws StateError `OVERLOADED` if too many wait already.
   */
  wait(start: () => void): () => void
  /** Gives the place back. */
  leave(): void
  /** Nobody enters, all wait, until `resume()`. Those who are in go on. */
  pause(): void
  resume(): void
  /** Resolves when nobody is in and nobody waits. */
  idle(): Promise<void>
  readonly running: number
  readonly waiting: number
}

export function createLimiter(maxRunning: number, maxWaiting: number): Limiter {
  const queue = new Set<() => void>()
  let running = 0
  /** Places that were given back and are not passed on yet. */
  let free = 0
  let passing = false
  let paused = false
  let idleWaiters: (() => void)[] = []

  /** To the one who waits longest, so that `running` stays. In a loop: who starts may leave before it returns. */
  function passOn(): void {
    free++
    if (passing) return
    passing = true
    for (; free > 0; free--) {
      const [next] = queue
      if (next === undefined || paused) running--
      else {
        queue.delete(next)
        next()
      }
    }
    passing = false
  }

  return {
    tryEnter() {
      if (running >= maxRunning || queue.size > 0 || paused) return false
      running++
      return true
    },
    wait(start) {
      if (queue.size >= maxWaiting) {
        const message = `Too many operations: ${running} run and ${queue.size} wait, which are the limits`
        throw new StateError('OVERLOADED', message)
      }
      const turn = (): void => start()
      queue.add(turn)
      return () => queue.delete(turn)
    },
    leave() {
      if (queue.size === 0) running--
      else passOn()
      if (running > 0 || queue.size > 0 || idleWaiters.length === 0) return
      for (const resolve of idleWaiters) resolve()
      idleWaiters = []
    },
    pause() {
      paused = true
    },
    resume() {
      paused = false
      const places = Math.min(maxRunning - running, queue.size)
      running += places
      for (let place = 0; place < places; place++) passOn()
    },
    idle() {
      if (running === 0 && queue.size === 0) return Promise.resolve()
      return new Promise((resolve) => idleWaiters.push(resolve))
    },
    get running() {
      return running
    },
    get waiting() {
      return queue.size
    },
  }
}
