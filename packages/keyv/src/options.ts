import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Awaitable } from '@switchyard/core'
import * as v from 'valibot'
import type { KeyvAdapter } from './keyv-adapter.ts'

export interface KeyvOptions {
  /**
   * A storage adapter of Keyv 5 or 6 that can list its keys, or a function that makes one. Only one that the function has
   * made is disconnected when the state is closed.
   */
  readonly store: KeyvAdapter | (() => Awaitable<KeyvAdapter>)
  /** What the adapter's keys start with and ours do not: 'keyv:' for what Keyv 5 wrote by itself. Default ''. */
  readonly keyPrefix?: string | undefined
  /** Whether what the adapter has acknowledged survives the end of the process. Default false. */
  readonly durable?: boolean | undefined
  /** Whether several processes may use what the adapter reaches. Default false. */
  readonly shared?: boolean | undefined
}

const METHODS = ['get', 'set', 'delete', 'iterator'] as const

/** The first method that an adapter would have to have. */
export function missingMethod(adapter: unknown): string | undefined {
  const object = Object(adapter) as Readonly<Record<string, unknown>>
  return METHODS.find((name) => typeof object[name] !== 'function')
}

const ALLOWED = 'allowed: store, keyPrefix, durable, shared'

export const keyvOptions: StandardSchemaV1<unknown, KeyvOptions> = v.strictObject(
  {
    store: v.custom<KeyvOptions['store']>(
      (store) => typeof store === 'function' || missingMethod(store) === undefined,
      ({ input }) =>
        `a storage adapter of Keyv, or a function that makes one, is needed: this has no ${missingMethod(input)}()`,
    ),
    keyPrefix: v.optional(v.string()),
    durable: v.optional(v.boolean()),
    shared: v.optional(v.boolean()),
  },
  (issue) => (issue.expected === 'never' ? `not an option; ${ALLOWED}` : issue.message),
)
