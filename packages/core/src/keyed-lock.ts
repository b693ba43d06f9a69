/** Runs one task at a time for each key, in the order of the calls; other keys do not wait. */
export interface KeyedLock {
  run<T>(key: string, task: () => T | Promise<T>): Promise<T>
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>
}

export function createKeyedLock(): KeyedLock {
  const last = new Map<string, Promise<unknown>>()

  async function run<T>(key: string, task: () => T | Promise<T>): Promise<T> {
    const before = last.get(key)
    const turn = before === undefined ? (async () => task())() : before.then(task, task)
    last.set(key, turn)
    try {
      return await turn
    } finally {
      if (last.get(key) === turn) last.delete(key)
    }
  }

  async function idle(): Promise<void> {
    while (last.size > 0) await Promise.allSettled(last.values())
  }

  return { run, idle }
}
