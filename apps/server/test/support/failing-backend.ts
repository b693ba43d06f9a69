import {
  type Backend,
  type Capabilities,
  definePlugin,
  defineStore,
  type Entry,
  StateError,
  type StateErrorCode,
} from '@switchyard/core'
import * as v from 'valibot'

const capabilities: Capabilities = {
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

/** Keys that fail: 'fail:FULL' with that code, 'crash' in a way that no store should. */
export function failingBackend(): Backend {
  const plugin = definePlugin({
    name: 'failing',
    capabilities,
    optionsSchema: v.object({}),
    async open(_options, { clock }) {
      const entries = new Map<string, Entry>()
      const check = (key: string): void => {
        if (key.startsWith('fail:'))
          throw new StateError(key.slice(5) as StateErrorCode, `No luck with ${key}`)
        if (key === 'crash') throw new TypeError('secret at /etc/secret')
      }
      return defineStore(
        {
          get(key) {
            check(key)
            return entries.get(key)
          },
          set(key, entry) {
            check(key)
            entries.set(key, entry)
          },
          delete: (key) => void entries.delete(key),
          async *list({ prefix }) {
            yield [...entries]
              .filter(([key]) => key.startsWith(prefix))
              .map(([key, entry]) => ({ key, entry }))
          },
          close() {},
          async checkHealth() {
            return entries.has('sick') ? { healthy: false, reason: 'it is sick' } : { healthy: true }
          },
        },
        { clock },
      )
    },
  })
  return plugin({})
}
