import type { AnyStore } from '../capabilities.ts'
import type { StateError } from '../errors.ts'

/** A store that serves nothing, and says why. */
export function haltedStore(reason: StateError): AnyStore {
  const refuse = (): Promise<never> => Promise.reject(reason)
  return {
    get: refuse,
    getMany: refuse,
    list: () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) }),
    set: refuse,
    delete: refuse,
    write: refuse,
    stats: refuse,
    cleanup: refuse,
    optimize: refuse,
    close: async () => undefined,
  }
}
