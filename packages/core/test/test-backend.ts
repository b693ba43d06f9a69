import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  type AnyStore,
  type Backend,
  type Capabilities,
  type Clock,
  definePlugin,
  defineStore,
  type Entry,
} from '../src/index.ts'

export const CAPABILITIES: Capabilities = {
  ttl: 'lazy',
  atomicity: 'process',
  transactions: false,
  durable: false,
  shared: false,
  ordered: false,
  watch: false,
  optimize: false,
  maxKeyBytes: 1024,
  maxValueBytes: 1000,
}

/** Accepts any options, and gives them on. */
export const anyOptions: StandardSchemaV1<unknown, object> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as object }) },
}

/** A backend in a Map, in insertion order, with the methods given instead of its own. */
export function testBackend(
  methods: Partial<AnyStore> = {},
  capabilities: Partial<Capabilities> = {},
  entries: Map<string, Entry> = new Map(),
): Backend {
  const plugin = definePlugin({
    name: 'test',
    capabilities: { ...CAPABILITIES, ...capabilities },
    optionsSchema: anyOptions,
    async open(_options, context) {
      const store = defineStore(
        {
          get: (key) => entries.get(key),
          set: (key, entry) => void entries.set(key, entry),
          delete: (key) => void entries.delete(key),
          async *list({ prefix }) {
            yield [...entries]
              .filter(([key]) => key.startsWith(prefix))
              .map(([key, entry]) => ({ key, entry }))
          },
          close: () => undefined,
        },
        context,
      )
      return Object.assign(store, methods)
    },
  })
  return plugin()
}

/** Never answers. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}

export interface ManualClock extends Clock {
  advance(ms: number): void
}

/** A clock that stands still until it is set. */
export function manualClock(start = 1_700_000_000_000): ManualClock {
  let now = start
  return {
    now: () => now,
    advance(ms) {
      now += ms
    },
  }
}
