import { type AnyStore, defineStore, type PluginContext } from '@switchyard/core'

/** The least that a backend can be: what a reader of the documentation would write. */
export function createMinimalStore({ clock }: Pick<PluginContext, 'clock'>): AnyStore {
  const entries = new Map<string, { value: Uint8Array; version: string; expiresAt?: number }>()
  return defineStore(
    {
      get: async (key) => entries.get(key),
      set: async (key, entry) => void entries.set(key, entry),
      delete: async (key) => void entries.delete(key),
      async *list({ prefix }) {
        yield [...entries].flatMap(([key, entry]) => (key.startsWith(prefix) ? [{ key, entry }] : []))
      },
      close: async () => undefined,
    },
    { clock },
  )
}
