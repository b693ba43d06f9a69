import type { PauseParts } from './progress.ts'

/** Takes the time of the parts of a pause, one after the other. */
export interface Stopwatch {
  /** The part before has ended, and this one begins. */
  begin(part: keyof PauseParts): void
  /** What each part has taken up to now, the one under way as well. */
  read(): PauseParts
}

export function createStopwatch(first: keyof PauseParts): Stopwatch {
  const parts = { waitMs: 0, copyMs: 0, settleMs: 0, commitMs: 0 }
  let current = first
  let began = performance.now()

  function lap(): void {
    const now = performance.now()
    parts[current] += now - began
    began = now
  }

  return {
    begin(part) {
      lap()
      current = part
    },
    read() {
      lap()
      return { ...parts }
    },
  }
}
