import type { Backend } from '@switchyard/core'
import type { AreaName } from './area-names.ts'

/** Where a case keeps its data. The same place again is the same data, also in another process. */
export interface Place {
  /** Absolute path of a folder of the case's own: empty at first, removed afterwards. */
  readonly folder: string
  /** Of the case's own, for backends that live on a server: a key prefix, a database's name. 20 letters and digits. */
  readonly id: string
  /** From the options. */
  readonly variant?: string
}

/** What the author's module exports. It is imported by the tests and by the processes that they start. */
export interface BackendModule {
  /** Called for each opening, several times with the same place. */
  create(place: Place): Backend | Promise<Backend>
  /** Called once when the case has ended and all is closed: removes what a server still holds of the place. */
  destroy?(place: Place): unknown
}

/** As vitest and node:test have it. */
export type Describe = (name: string, body: () => void) => unknown

/** As vitest and node:test have it. Cases are registered in their order, and have to run one after the other. */
export type It = (name: string, options: { readonly timeout: number }, body: () => Promise<void>) => unknown

export interface ConformanceOptions {
  readonly describe: Describe
  readonly it: It
  /** The author's module: `new URL('./backend.ts', import.meta.url)`. Plain `node` must be able to import it. */
  readonly module: URL
  /** Handed to `create()`, for a module that makes several configurations. */
  readonly variant?: string
  /** Heads the cases and the report. Default: the plugin's name, and the variant. */
  readonly name?: string
  /** Folder for the report, made if need be. Default: no report is written. */
  readonly report?: URL | string
  /**
   * 'injected': stores get a clock that the cases set forward, and must go by it alone. 'real': for stores
   * that go by a server's clock; cases that need the exact instant are left out, others wait. Default 'injected'.
   */
  readonly clock?: 'injected' | 'real'
  /** For each case; the random ones get four times as much. Default 30,000. */
  readonly caseTimeoutMs?: number
  /** Sequences that each random case tries. Default 50. */
  readonly randomRuns?: number
  /** To repeat the random cases of an earlier run. Default: a new one each time. */
  readonly seed?: number
  /** Leave out the rest; the report tells. Default: everything. */
  readonly only?: { readonly areas?: readonly AreaName[]; readonly titles?: RegExp }
}
