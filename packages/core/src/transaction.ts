import type { Check } from './store.ts'
import type { Ttl } from './ttl.ts'

/** One write of a transaction. */
export type TransactionOperation<T = unknown> =
  | { readonly op: 'set'; readonly key: string; readonly value: T; readonly ttl?: Ttl }
  | { readonly op: 'delete'; readonly key: string }
  | { readonly op: 'increment'; readonly key: string; readonly by?: number; readonly ttl?: Ttl }

export interface Transaction<T = unknown> {
  /** What must hold; the first check that does not rejects with `CONFLICT` and its key. */
  readonly checks?: readonly Check[]
  /** Applied in their order, all or none. */
  readonly operations: readonly TransactionOperation<T>[]
}

export type TransactionOperationResult =
  | { readonly op: 'set'; readonly version: string; readonly expiresAt?: number }
  | { readonly op: 'delete'; readonly deleted: boolean }
  | {
      readonly op: 'increment'
      readonly value: number
      readonly version: string
      readonly expiresAt?: number
    }

export interface TransactionResult {
  /** One for each operation, in their order. */
  readonly results: readonly TransactionOperationResult[]
}
