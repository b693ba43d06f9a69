import type {
  BackendInfo,
  CallOptions,
  CleanupStats,
  DeleteValueOptions,
  Health,
  IncrementOptions,
  Listing,
  ListingOptions,
  OptimizeResult,
  SetManyEntry,
  SetValueOptions,
  StorageStats,
  SwitchOptions,
  SwitchPlan,
  Transaction,
  TransactionResult,
  Ttl,
  ValueEntry,
  Written,
} from '@switchyard/core'
import type { AuditMethods } from './audit.ts'
import type { BackupMethods } from './backups.ts'
import type { ConfigMethods } from './config.ts'
import type { DebugMethods } from './debug-state.ts'
import type { ServerEvent } from './server-events.ts'
import type { SwitchStatus } from './switch-status.ts'
import type { RemoteWatch, RemoteWatchOptions } from './watch.ts'

/** A value with what goes with it. */
export interface RemoteEntry<T> extends ValueEntry<T> {
  /** `application/json`, or that of bytes. */
  readonly contentType: string
}

export interface KeyedRemoteEntry<T> extends RemoteEntry<T> {
  readonly key: string
}

export interface SetRemoteOptions extends SetValueOptions {
  /** Of a value that is a `Uint8Array`. Default `application/octet-stream`. */
  readonly contentType?: string
}

export interface PatchOptions extends CallOptions {
  /** Without it the expiry stays as it is. */
  readonly ttl?: Ttl
  /** Only if this is the present version, else `CONFLICT`. */
  readonly ifVersion?: string
}

export interface RemoteBackend extends BackendInfo {
  readonly active: boolean
  readonly health: Health
}

/**
 * A server's state. A value is anything that JSON keeps, or a `Uint8Array`. Every method rejects with a StateError: what the
 * server says, `UNAVAILABLE` or `TIMEOUT` if it does not answer, and `OUTCOME_UNKNOWN` if a write was sent that no
 * answer came to.
 */
export interface Client extends ConfigMethods, BackupMethods, AuditMethods, DebugMethods {
  /** Undefined if it is absent or has expired. */
  get<T = unknown>(key: string, options?: CallOptions): Promise<T | undefined>
  getEntry<T = unknown>(key: string, options?: CallOptions): Promise<RemoteEntry<T> | undefined>
  has(key: string, options?: CallOptions): Promise<boolean>
  /** In the order of the keys; a thousand in one round trip. */
  getMany<T = unknown>(keys: readonly string[], options?: CallOptions): Promise<(T | undefined)[]>
  getManyEntries<T = unknown>(
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<(RemoteEntry<T> | undefined)[]>

  /** @throws StateError `CONFLICT` if a condition does not hold. */
  set(key: string, value: unknown, options?: SetRemoteOptions): Promise<Written>
  /** A thousand in one round trip, and no transaction: a failure names in `notApplied` what was not written. */
  setMany(entries: readonly SetManyEntry<unknown>[], options?: CallOptions): Promise<readonly Written[]>
  /** True if a live entry was there. */
  delete(key: string, options?: DeleteValueOptions): Promise<boolean>
  /** How many live entries were there. */
  deleteMany(keys: readonly string[], options?: CallOptions): Promise<number>
  /** Adds to an integer; an absent one counts as 0. Resolves to the sum. */
  increment(key: string, by?: number, options?: IncrementOptions): Promise<number>
  /** Changes parts of a JSON value (JSON Merge Patch, RFC 7396), atomically. Resolves to what is stored then. */
  patch<T = unknown>(key: string, patch: unknown, options?: PatchOptions): Promise<T>
  /** Checks and writes, all or nothing. */
  transaction(transaction: Transaction, options?: CallOptions): Promise<TransactionResult>

  keys(options?: ListingOptions): Listing<string>
  entries<T = unknown>(options?: ListingOptions): Listing<KeyedRemoteEntry<T>>
  /** Changes of keys with the prefix, whoever makes them. */
  watch(prefix?: string, options?: RemoteWatchOptions): RemoteWatch
  /** How switches go on, and that settings were changed. For tokens of every key with `watch` and `admin`. */
  watchServer(options?: RemoteWatchOptions): RemoteWatch<ServerEvent>

  /** With their capabilities and health; opens those that are not open yet. */
  backends(options?: CallOptions): Promise<readonly RemoteBackend[]>
  /** Of the active backend. */
  stats(options?: CallOptions): Promise<StorageStats & { readonly backend: string }>
  /** Removes from the active backend what has expired. */
  cleanup(options?: CallOptions): Promise<CleanupStats>
  /** Compacts the active backend. */
  optimize(options?: CallOptions): Promise<OptimizeResult>
  /** Begins to move all state to another backend while it is served. */
  switchTo(backend: string, options?: SwitchOptions & CallOptions): Promise<SwitchStatus>
  /** What `switchTo` would do and meet. */
  planSwitch(backend: string, options?: SwitchOptions & CallOptions): Promise<SwitchPlan>
  /** Of the latest switch if no id is given; undefined if there has been none, or none with this id. */
  switchStatus(id?: string, options?: CallOptions): Promise<SwitchStatus | undefined>
  /** Gives a switch up. */
  abortSwitch(id: string, options?: CallOptions): Promise<SwitchStatus>
  /** Goes back to the source of a switch that is done. Resolves to the switch back. */
  rollbackSwitch(id: string, options?: CallOptions): Promise<SwitchStatus>
  /** Lets the source of a switch go, so that it cannot be rolled back any more. */
  completeSwitch(id: string, options?: CallOptions): Promise<SwitchStatus>
}
