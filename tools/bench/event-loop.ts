import { keyAt, valueAt } from './data.ts'
import type { Subject } from './subjects/subject.ts'

const TICK_MS = 5

/** The share of a 5 ms timer's ticks that come, while 64 workers read and write 80 to 20. */
export async function ticksKept(subject: Subject, durationMs = 1500): Promise<number> {
  let ticks = 0
  let i = 0
  const start = performance.now()
  const timer = setInterval(() => ticks++, TICK_MS)
  const worker = async (): Promise<void> => {
    while (performance.now() - start < durationMs) {
      i += 7919
      await (i % 5 === 0 ? subject.set(keyAt(i), valueAt(i)) : subject.get(keyAt(i)))
    }
  }
  await Promise.all(Array.from({ length: 64 }, worker))
  clearInterval(timer)
  return ticks / ((performance.now() - start) / TICK_MS)
}
