import { type AnyStore, type Clock, isStateError, openStore, type StateErrorCode } from '@switchyard/core'
import { type MemoryOptions, memory } from '../src/index.ts'

/** A clock that only `advance` moves. */
export function manualClock(start = 1_700_000_000_000): Clock & { advance(ms: number): void } {
  let now = start
  return {
    now: () => now,
    advance(ms) {
      now += ms
    },
  }
}

export interface TestStore {
  readonly store: AnyStore
  readonly clock: ReturnType<typeof manualClock>
  /** Sets a value of so many bytes. */
  set(key: string, size?: number, ttlMs?: number): Promise<void>
  keys(prefix?: string): Promise<string[]>
}

export async function testStore(options: MemoryOptions = {}): Promise<TestStore> {
  const clock = manualClock()
  const store = await openStore(memory(options), { clock })
  let count = 0
  return {
    store,
    clock,
    async set(key, size = 1, ttlMs) {
      const expiry = ttlMs === undefined ? {} : { expiresAt: clock.now() + ttlMs }
      await store.set(key, { value: new Uint8Array(size), version: `v${count++}`, ...expiry })
    },
    async keys(prefix = '') {
      const keys: string[] = []
      for await (const page of store.list({ prefix, keysOnly: true }))
        keys.push(...page.map(({ key }) => key))
      return keys
    },
  }
}

/** What the call fails with, be it thrown or rejected; not failing is an error. */
export async function codeOf(call: () => unknown): Promise<StateErrorCode> {
  let result: unknown
  try {
    result = await call()
  } catch (error) {
    if (isStateError(error)) return error.code
    throw new Error('failed with what is not a StateError', { cause: error })
  }
  throw new Error(`did not fail; the result is ${String(result)}`)
}
