import { type Backend, definePlugin, defineStore, type Entry } from '@switchyard/core'
import * as v from 'valibot'

/** What a test has happen in the middle of operations; it may be changed at any time. */
export interface Hooks {
  /** Before an entry is read or written; what it throws is what the backend fails with. */
  before?: (key: string) => void
  /** Between a write and its answer. */
  beforeAnswer?: () => Promise<void>
  /** Whether and why it is sick. */
  sickness?: string
  /** Rejects when the backend loses touch. */
  watched?: Promise<never>
}

/** In memory, with these hooks. */
export function hookedBackend(hooks: Hooks): Backend {
  const plugin = definePlugin({
    name: 'hooked',
    capabilities: {
      ttl: 'lazy',
      atomicity: 'process',
      transactions: false,
      durable: false,
      shared: hooks.watched !== undefined,
      ordered: false,
      watch: hooks.watched !== undefined,
      optimize: false,
      maxKeyBytes: 1024,
      maxValueBytes: 10_000,
    },
    optionsSchema: v.object({}),
    async open(_options, { clock }) {
      const entries = new Map<string, Entry>()
      const { watched } = hooks
      return defineStore(
        {
          get(key) {
            hooks.before?.(key)
            return entries.get(key)
          },
          async set(key, entry) {
            hooks.before?.(key)
            entries.set(key, entry)
            await hooks.beforeAnswer?.()
          },
          async delete(key) {
            hooks.before?.(key)
            entries.delete(key)
            await hooks.beforeAnswer?.()
          },
          async *list({ prefix }) {
            yield [...entries]
              .filter(([key]) => key.startsWith(prefix))
              .map(([key, entry]) => ({ key, entry }))
          },
          ...(watched !== undefined && {
            async *watch() {
              yield await watched
            },
          }),
          close() {},
          async checkHealth() {
            const { sickness: reason } = hooks
            return reason === undefined ? { healthy: true } : { healthy: false, reason }
          },
        },
        { clock },
      )
    },
  })
  return plugin({})
}
