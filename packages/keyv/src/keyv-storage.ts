import { EventEmitter } from 'node:events'
import type { StateNamespace, Ttl } from '@switchyard/core'

/** An entry as Keyv hands it over. */
export interface KeyvStorageEntry {
  readonly key: string
  readonly value: unknown
  /** Milliseconds. */
  readonly ttl?: number | undefined
}

/** A storage adapter for Keyv 5 and 6. */
export interface KeyvStorage {
  readonly opts: { readonly dialect: string }
  /** Set by Keyv 5. */
  namespace?: string | undefined
  get<Value>(key: string): Promise<Value | undefined>
  getMany<Value>(keys: string[]): Promise<(Value | undefined)[]>
  /** `ttl` in milliseconds. */
  set(key: string, value: unknown, ttl?: number): Promise<boolean>
  setMany(entries: KeyvStorageEntry[]): Promise<void>
  has(key: string): Promise<boolean>
  delete(key: string): Promise<boolean>
  /** What Keyv's namespace has. */
  clear(): Promise<void>
  iterator<Value>(namespace?: string): AsyncGenerator<[string, Value], void>
  /** Does nothing: who made the state closes it. */
  disconnect(): Promise<void>
  on(event: string, listener: (...args: readonly unknown[]) => void): KeyvStorage
}

/**
 * The storage adapter `new Keyv({ store: keyvStorage(state) })` of Keyv 5 and 6, over a state or one of its namespaces; one
 * for each Keyv. What fails is both emitted as 'error' and rejected, so that Keyv can hide it from nobody who listens.
 */
export function keyvStorage(state: StateNamespace): KeyvStorage {
  const emitter = new EventEmitter()

  async function loudly<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (emitter.listenerCount('error') > 0) emitter.emit('error', error)
      throw error
    }
  }

  const adapter: KeyvStorage = {
    // Keyv 5 iterates only over the dialects that it knows.
    opts: { dialect: 'sqlite' },
    get: <Value>(key: string) => loudly(() => state.get<Value>(key)),
    getMany: <Value>(keys: string[]) => loudly(() => state.getMany<Value>(keys)),
    set: (key, value, ttl) =>
      loudly(async () => {
        await state.set(key, value, ttlOf(ttl))
        return true
      }),
    setMany: (entries) =>
      loudly(async () => {
        await state.setMany(entries.map(({ key, value, ttl }) => ({ key, value, ...ttlOf(ttl) })))
      }),
    has: (key) => loudly(() => state.has(key)),
    delete: (key) => loudly(() => state.delete(key)),
    clear: () =>
      loudly(async () => {
        await state.clear({ prefix: prefixOf(adapter.namespace) })
      }),
    async *iterator<Value>(namespace?: string) {
      for await (const { key, value } of state.entries<Value>({ prefix: prefixOf(namespace) }))
        yield [key, value]
    },
    disconnect: async () => {},
    on(event, listener) {
      emitter.on(event, listener)
      return adapter
    },
  }
  return adapter
}

/** Keyv takes 0 for no TTL. */
function ttlOf(ttl: number | undefined): { readonly ttl?: Ttl } {
  return ttl === undefined || ttl === 0 ? {} : { ttl }
}

/** Keyv 5 puts it before the keys. */
function prefixOf(namespace: string | undefined): string {
  return namespace === undefined ? '' : `${namespace}:`
}
