import type { AnyStore, Capabilities, Entry, PluginContext } from '@switchyard/core'
import type { AreaName } from '../../src/index.ts'
import type { BrokenStore } from '../broken-stores.ts'
import { WHOLE } from '../good-stores.ts'
import { createWholeStore } from '../whole-store.ts'

export interface Parts {
  /** Does everything right. */
  readonly honest: AnyStore
  /** On the same entries, for which time stands still: nothing expires. */
  readonly blind: AnyStore
  readonly entries: Map<string, Entry>
  readonly context: PluginContext
}

/** A store that shows what is wrong with it by not ending in time. */
export function hanging(store: BrokenStore, hangsMs = 400): BrokenStore {
  return { ...store, hangsMs }
}

/** A store in memory in which some methods are replaced by broken ones. */
export function broken(
  area: AreaName,
  replace: (parts: Parts) => Partial<AnyStore>,
  capabilities: Partial<Capabilities> = {},
): BrokenStore {
  return {
    area,
    capabilities: { ...WHOLE, ...capabilities },
    open(context) {
      const entries = new Map<string, Entry>()
      const honest = createWholeStore(context, entries)
      const blind = createWholeStore({ clock: { now: () => 0 } }, entries)
      return { ...honest, ...replace({ honest, blind, entries, context }) }
    },
  }
}
