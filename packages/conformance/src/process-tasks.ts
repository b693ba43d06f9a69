import { isStateError, type State } from '@switchyard/core'

/** Tells the parent that so many writes were acknowledged. */
export type Acknowledge = (count: number) => void

/** What the processes of a case can be asked to do with their state. */
export const TASKS = {
  async get(state: State, { key }: { key: string }): Promise<unknown> {
    return (await state.get(key)) ?? null
  },
  async getEntry(state: State, { key }: { key: string }): Promise<unknown> {
    return (await state.getEntry(key)) ?? null
  },
  async set(state: State, { key, value }: { key: string; value: unknown }): Promise<string> {
    return (await state.set(key, value)).version
  },
  async delete(state: State, { key }: { key: string }): Promise<boolean> {
    return state.delete(key)
  },
  async keys(state: State, { prefix }: { prefix: string }): Promise<readonly string[]> {
    return (await state.keys({ prefix }).page()).items
  },
  /** Increments so often, ten at a time. */
  async increments(state: State, { key, times }: { key: string; times: number }): Promise<void> {
    for (let done = 0; done < times; done += 10) {
      await Promise.all(Array.from({ length: Math.min(10, times - done) }, () => state.increment(key)))
    }
  },
  async updates(state: State, { key, times }: { key: string; times: number }): Promise<void> {
    for (let i = 0; i < times; i++) await state.update<number>(key, (n = 0) => n + 1)
  },
  /** Creates each key; those that this process was the one to create. */
  async creations(
    state: State,
    { keys, by }: { keys: readonly string[]; by: string },
  ): Promise<readonly string[]> {
    const created: string[] = []
    for (const key of keys) {
      try {
        await state.set(key, by, { ifAbsent: true })
        created.push(key)
      } catch (error) {
        if (!isStateError(error, 'CONFLICT')) throw error
      }
    }
    return created
  },
  /** Takes each key; those whose value this process got. */
  async takes(state: State, { keys }: { keys: readonly string[] }): Promise<readonly string[]> {
    const taken: string[] = []
    for (const key of keys) if ((await state.take(key)) !== undefined) taken.push(key)
    return taken
  },
  /** Moves 1 from the one account to the other, so often. */
  async transfers(
    state: State,
    { from, to, times }: { from: string; to: string; times: number },
  ): Promise<void> {
    for (let i = 0; i < times; i++) {
      const operations = [
        { op: 'increment', key: from, by: -1 },
        { op: 'increment', key: to, by: 1 },
      ] as const
      await state.transaction({ operations })
    }
  },
  /** Writes `prefix0`, `prefix1`, ... until the process is killed. */
  async writesForEver(
    state: State,
    { prefix }: { prefix: string },
    acknowledge: Acknowledge,
  ): Promise<never> {
    for (let i = 0; ; i++) {
      await state.set(`${prefix}${i}`, bigValue(i))
      acknowledge(i + 1)
    }
  },
  /** Writes the one key until the process is killed. */
  async overwritesForEver(state: State, { key }: { key: string }, acknowledge: Acknowledge): Promise<never> {
    for (let i = 1; ; i++) {
      await state.set(key, bigValue(i))
      acknowledge(i)
    }
  },
  /** Sets both keys to the same number in one transaction, until the process is killed. */
  async pairsForEver(
    state: State,
    { keys }: { keys: readonly string[] },
    acknowledge: Acknowledge,
  ): Promise<never> {
    for (let i = 1; ; i++) {
      await state.transaction({ operations: keys.map((key) => ({ op: 'set', key, value: i })) })
      acknowledge(i)
    }
  },
} as const

export type Tasks = typeof TASKS
export type TaskName = keyof Tasks
export type TaskInput<Name extends TaskName> = Parameters<Tasks[Name]>[1]
export type TaskResult<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>

/** A value of several kilobytes of which one sees whether it is whole. */
export function bigValue(i: number): { readonly i: number; readonly filler: string; readonly end: number } {
  return { i, filler: String(i).padStart(8, '.').repeat(512), end: i }
}
