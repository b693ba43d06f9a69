import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Codec } from './codec.ts'
import type { Listing, ListingOptions } from './listing.ts'
import type { CallOptions } from './operations.ts'
import type { Awaitable } from './store.ts'
import type { Transaction, TransactionResult } from './transaction.ts'
import type { Ttl } from './ttl.ts'
import type { Watch, WatchOptions } from './watch.ts'

/** A value with what goes with it. */
export interface ValueEntry<T> {
  readonly value: T
  /** Changes with every write and is never used again: an ETag. */
  readonly version: string
  /** Unix ms; absent: never. */
  readonly expiresAt?: number
}

export interface KeyedEntry<T> extends ValueEntry<T> {
  readonly key: string
}

/** What a write has made. */
export interface Written {
  readonly version: string
  readonly expiresAt?: number
}

export interface SetValueOptions extends CallOptions {
  /** From now on. Without it an earlier TTL ends, and the namespace's own applies. */
  readonly ttl?: Ttl
  /** Keep the expiry that the key has; a new key gets the namespace's. Not together with `ttl`. */
  readonly keepTtl?: boolean
  /** Only if this is the present version, else `CONFLICT`. */
  readonly ifVersion?: string
  /** Only if there is no live entry, else `CONFLICT`. Not together with `ifVersion`. */
  readonly ifAbsent?: boolean
}

export interface DeleteValueOptions extends CallOptions {
  /** Only if this is the present version, else `CONFLICT`, also where there is none. */
  readonly ifVersion?: string
}

export interface UpdateOptions extends CallOptions {
  /** Without it the expiry stays as it is; a new key gets the namespace's. */
  readonly ttl?: Ttl
}

export interface IncrementOptions extends CallOptions {
  /** For a key that this increment creates; a live one keeps its expiry. */
  readonly ttl?: Ttl
}

export interface SetManyEntry<T> {
  readonly key: string
  readonly value: T
  readonly ttl?: Ttl
}

export interface ClearOptions extends CallOptions {
  /** Default: '' (every key of the namespace). */
  readonly prefix?: string
}

export interface NamespaceOptions<Out, In> {
  /**
   * Any Standard Schema (Zod, Valibot, ArkType, ...). Values are validated when written; what it returns is stored.
   * Default: that of the namespace around it.
   */
  readonly schema?: StandardSchemaV1<In, Out>
  /** For writes that give none. */
  readonly ttl?: Ttl
  /** Default: that of the namespace around it. */
  readonly codec?: Codec<Out>
}

/**
 * Keys under one prefix, with one codec. Every method rejects with a StateError; those that change
 * something may reject with `OUTCOME_UNKNOWN` if no answer came after the write was sent.
 *
 * Without a schema each call can name the type it expects: `get<Order>('order:1')`.
 */
export interface StateNamespace<Out = unknown, In = Out> {
  /** Undefined if it is absent or has expired. */
  get<T extends Out = Out>(key: string, options?: CallOptions): Promise<T | undefined>
  /** The value with its version and expiry. */
  getEntry<T extends Out = Out>(key: string, options?: CallOptions): Promise<ValueEntry<T> | undefined>
  has(key: string, options?: CallOptions): Promise<boolean>
  /** In the order of the keys, in one round trip. */
  getMany<T extends Out = Out>(keys: readonly string[], options?: CallOptions): Promise<(T | undefined)[]>
  getManyEntries<T extends Out = Out>(
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<(ValueEntry<T> | undefined)[]>

  /** @throws StateError `CONFLICT` if a condition does not hold. */
  set(key: string, value: In, options?: SetValueOptions): Promise<Written>
  /** One round trip, not a transaction: a failure names in `notApplied` what was not written. */
  setMany(entries: readonly SetManyEntry<In>[], options?: CallOptions): Promise<readonly Written[]>
  /** True if a live entry was there. */
  delete(key: string, options?: DeleteValueOptions): Promise<boolean>
  /** One round trip; how many live entries were there. */
  deleteMany(keys: readonly string[], options?: CallOptions): Promise<number>
  /** Gives a live entry a new TTL, and a new version; false if there is none. */
  touch(key: string, ttl: Ttl, options?: CallOptions): Promise<boolean>
  /** Takes the TTL off a live entry; false if there is none. */
  persist(key: string, options?: CallOptions): Promise<boolean>
  /** Reads and deletes in one step: of many callers, one gets the value. */
  take<T extends Out = Out>(key: string, options?: CallOptions): Promise<T | undefined>
  /**
   * Sets what `fn` makes of the present value, atomically; `undefined` deletes. `fn` may be async, and
   * runs again if someone else wrote meanwhile. The result is what is stored in the end.
   *
   * @throws StateError `CONFLICT` if others keep writing for 100 attempts.
   */
  update<T extends Out = Out>(
    key: string,
    fn: (current: T | undefined) => Awaitable<(unknown extends Out ? T : In) | undefined>,
    options?: UpdateOptions,
  ): Promise<T | undefined>
  /**
   * Adds to an integer, inside the store; an absent one counts as 0. Resolves to the sum.
   *
   * @throws StateError `INVALID_VALUE` if the value or the sum is not a safe integer, `NOT_SUPPORTED` in a
   * namespace with a schema or with a codec that does not read JSON.
   */
  increment(key: string, by?: number, options?: IncrementOptions): Promise<number>
  /** Checks and writes, all or nothing. @throws StateError `NOT_SUPPORTED` where the backend has no transactions. */
  transaction(transaction: Transaction<In>, options?: CallOptions): Promise<TransactionResult>

  /** The keys, without the namespace. */
  keys(options?: ListingOptions): Listing<string>
  entries<T extends Out = Out>(options?: ListingOptions): Listing<KeyedEntry<T>>
  /** Deletes every key that is there when it is reached; how many there were. */
  clear(options?: ClearOptions): Promise<number>
  /** Changes that this state makes to keys with the prefix, from now on. */
  watch(prefix?: string, options?: WatchOptions): Watch

  /** The keys that start with `name:`. Namespaces nest, and the one around sees all of their keys. */
  namespace<Out2 = Out, In2 = [Out2, Out] extends [Out, Out2] ? In : Out2>(
    name: string,
    options?: NamespaceOptions<Out2, In2>,
  ): StateNamespace<Out2, In2>
}
