import { type AnyStore, openStore } from '@switchyard/core'
import type { Trial } from './trial.ts'

export interface Spied {
  /** With the checks of the edge around it. */
  readonly store: AnyStore
  /** Names of the methods that got through to the backend. */
  readonly calls: string[]
}

/** Opens the store of a trial so that one sees what the checks of the edge let through. */
export async function spyOn(trial: Trial): Promise<Spied> {
  const backend = await trial.backend()
  const calls: string[] = []
  const store = await openStore(
    {
      plugin: backend.plugin,
      async open(context) {
        const opened = await backend.open(context)
        return new Proxy(opened, {
          get(target, property: keyof AnyStore) {
            const method = target[property]
            if (typeof method !== 'function') return method
            return (...args: never[]): unknown => {
              calls.push(property)
              return (method as (...all: never[]) => unknown).apply(target, args)
            }
          },
        })
      },
    },
    { clock: trial.clock },
  )
  trial.closeLater(store)
  return { store, calls }
}
