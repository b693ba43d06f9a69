/** From so many on, half of them go first, so that Redis works on those while the rest are made ready. */
const WORTH_HALVING = 64

/** Collects what is asked for in one turn. */
export interface Batcher<T> {
  add(item: T): void
}

/** @param send deals with a batch and never rejects */
export function createBatcher<T>(send: (batch: readonly T[]) => Promise<unknown>): Batcher<T> {
  let waiting: T[] = []
  let inFlight = 0

  function flush(): void {
    if (waiting.length === 0) return
    const batch = waiting
    waiting = []
    if (inFlight === 0 && batch.length >= WORTH_HALVING) {
      waiting = batch.splice(batch.length >> 1)
      setImmediate(flush)
    }
    inFlight++
    void send(batch).finally(() => {
      inFlight--
    })
  }

  return {
    add(item) {
      // After all that this turn still brings.
      if (waiting.length === 0) process.nextTick(flush)
      waiting.push(item)
    },
  }
}
