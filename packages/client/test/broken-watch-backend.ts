import { type Backend, definePlugin, defineStore, type Entry } from '@switchyard/core'
import * as v from 'valibot'

/** Memory that others could write to as well; it watches what they do until it fails so. */
export function brokenWatchBackend(loss: Promise<never>): Backend {
  const plugin = definePlugin({
    name: 'broken-watch',
    capabilities: {
      ttl: 'lazy',
      atomicity: 'process',
      transactions: false,
      durable: false,
      shared: true,
      ordered: false,
      watch: true,
      optimize: false,
      maxKeyBytes: 1024,
      maxValueBytes: 1000,
    },
    optionsSchema: v.object({}),
    async open(_options, { clock }) {
      const entries = new Map<string, Entry>()
      return defineStore(
        {
          get: (key) => entries.get(key),
          set: (key, entry) => void entries.set(key, entry),
          delete: (key) => void entries.delete(key),
          async *list({ prefix }) {
            yield [...entries]
              .filter(([key]) => key.startsWith(prefix))
              .map(([key, entry]) => ({ key, entry }))
          },
          async *watch() {
            yield await loss
          },
          close() {},
        },
        { clock },
      )
    },
  })
  return plugin({})
}
