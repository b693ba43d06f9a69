import { EventEmitter, on } from 'node:events'
import type { AnyStore, PluginContext, StoreChange } from '@switchyard/core'
import { createWholeStore } from './whole-store.ts'

/** The whole store, which also tells its changes and can be compacted. */
export function createWatchingStore(context: Pick<PluginContext, 'clock'>): AnyStore {
  const store = createWholeStore(context)
  const emitter = new EventEmitter()
  const closing = new AbortController()
  const tell = (type: StoreChange['type'], key: string): void =>
    void emitter.emit('change', { type, key, own: true })

  return {
    ...store,
    async set(key, entry, options) {
      await store.set(key, entry, options)
      tell('set', key)
    },
    async delete(key, options) {
      const deleted = await store.delete(key, options)
      if (deleted) tell('delete', key)
      return deleted
    },
    async write(batch) {
      const result = await store.write(batch)
      for (const { op, key } of batch.operations) tell(op === 'delete' ? 'delete' : 'set', key)
      return result
    },
    async *watch(prefix, { signal } = {}) {
      const ended = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      try {
        for await (const [change] of on(emitter, 'change', { signal: ended })) {
          if (change.key.startsWith(prefix)) yield change
        }
      } catch (error) {
        if (!ended.aborted) throw error
      }
    },
    optimize: async () => ({ bytesBefore: 0, bytesAfter: 0 }),
    async close() {
      closing.abort()
      await store.close()
    },
  }
}
