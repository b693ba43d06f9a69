import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AnyStore, type Backend, type Capabilities, systemClock } from '../src/index.ts'
import { backendOf, mapStore } from './test-state.ts'

/** A store that outlives its state, and takes a turn for each operation. */
export function durable(
  methods: Partial<AnyStore> = {},
  declared: Partial<Capabilities> = {},
): { readonly backend: Backend; readonly store: AnyStore } {
  const inner = mapStore(systemClock)
  const store: AnyStore = {
    ...inner,
    get: (key) => nextTurn().then(() => inner.get(key)),
    getMany: (keys) => nextTurn().then(() => inner.getMany(keys)),
    set: (key, entry, options) => nextTurn().then(() => inner.set(key, entry, options)),
    delete: (key, options) => nextTurn().then(() => inner.delete(key, options)),
    write: (batch) => nextTurn().then(() => inner.write(batch)),
    ...methods,
    close: async () => undefined,
  }
  return { backend: backendOf(store, { durable: true, ...declared }), store }
}
