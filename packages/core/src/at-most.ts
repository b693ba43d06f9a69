import { MAX_TIMER_MS } from './clock.ts'

/** Resolves to true when the promise does, or to false after so long. Rejects with the promise. */
export async function atMost(limitMs: number, promise: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), Math.min(limitMs, MAX_TIMER_MS))
  try {
    return await Promise.race([promise.then(() => true), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
