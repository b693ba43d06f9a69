/**
 * What a store keeps under a key: bytes in, the same bytes out.
 *
 * Entries are immutable and shared: neither the one who hands an entry over nor the one who
 * receives it may change `value` afterwards.
 */
export interface Entry {
  readonly value: Uint8Array
  /** Opaque and unique; given by the service at each write and only kept and compared by stores. */
  readonly version: string
  /** Unix time in milliseconds. Expired when `now >= expiresAt`; absent: never expires. */
  readonly expiresAt?: number
}

/** A store may answer at once where it can (memory), which saves its callers a turn. Always `await` it. */
export type Awaitable<T> = T | Promise<T>

export interface OperationOptions {
  /** Stop if this has not been sent yet. A write that was sent is never undone. */
  readonly signal?: AbortSignal
}

export interface SetOptions extends OperationOptions {
  /** Only if the live entry has this version; `null`: only if there is none. Else rejects with `CONFLICT`. */
  readonly ifVersion?: string | null
}

export interface DeleteOptions extends OperationOptions {
  /** Only if the live entry has this version. Else, also where there is none, rejects with `CONFLICT`. */
  readonly ifVersion?: string
}

export interface ListOptions extends OperationOptions {
  /** Literal, never a pattern. Default: '' (every key). */
  readonly prefix?: string
  /** Only keys after this one in UTF-8 byte order. Only for stores that declare `ordered`. */
  readonly after?: string
  /** Entries in a page at the most. Default 1000. */
  readonly limit?: number
  /** Leave out the entries. */
  readonly keysOnly?: boolean
}

export interface ListedEntry {
  readonly key: string
  /** Absent only with `keysOnly`. */
  readonly entry?: Entry
}

export type Operation =
  | { readonly op: 'set'; readonly key: string; readonly entry: Entry }
  | { readonly op: 'delete'; readonly key: string }
  | {
      readonly op: 'increment'
      readonly key: string
      /** A safe integer. */
      readonly by: number
      /** The version of the result. */
      readonly version: string
      /** The expiry of an entry that this increment creates; a live entry keeps its own. */
      readonly expiresAt?: number
    }

/** The live entry of `key` must have this version; `null`: there must be none. */
export interface Check {
  readonly key: string
  readonly version: string | null
}

export interface WriteBatch {
  readonly operations: readonly Operation[]
  /** Compared before any operation; needs `atomic`. The first that fails rejects with `CONFLICT` and its key. */
  readonly checks?: readonly Check[]
  /** All or nothing. Without it a failure names in `notApplied` what was not done. */
  readonly atomic?: boolean
}

export type OperationResult =
  | { readonly op: 'set' }
  /** `deleted`: a live entry was there. */
  | { readonly op: 'delete'; readonly deleted: boolean }
  | { readonly op: 'increment'; readonly value: number; readonly expiresAt?: number }

export interface WriteResult {
  /** One for each operation, in their order. */
  readonly results: readonly OperationResult[]
}

export interface StorageStats {
  /** Live keys. */
  readonly keys: number
  /** Bytes that the backend uses, as it measures them; see its README. */
  readonly bytes: number
  /** Entries that have expired and are not cleaned up yet. */
  readonly expired: number
  /** What only this backend can tell. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>
}

export interface CleanupOptions extends OperationOptions {
  /** Told the keys that were removed, a group at a time. */
  readonly onRemoved?: (keys: readonly string[]) => void
}

export interface CleanupStats {
  /** Expired entries that were removed. */
  readonly removed: number
}

/**
 * The one shape of this project: each backend, each layer over a backend and the active store
 * have it. Every call is legal when it gets here: keys, sizes and batches are checked once, at the edge.
 *
 * A store throws `StateError`s, never answers with a failure's stand-in, and treats an expired entry
 * as absent everywhere.
 */
export interface StateStore {
  get(key: string, options?: OperationOptions): Awaitable<Entry | undefined>
  /** Same order and length as `keys`; one round trip. */
  getMany(keys: readonly string[], options?: OperationOptions): Promise<readonly (Entry | undefined)[]>
  /** Pages of live entries, in UTF-8 byte order of the keys if the store is `ordered`. */
  list(options?: ListOptions): AsyncIterable<readonly ListedEntry[]>
  set(key: string, entry: Entry, options?: SetOptions): Awaitable<void>
  /** True if a live entry was there. */
  delete(key: string, options?: DeleteOptions): Awaitable<boolean>
  /** One round trip. */
  write(batch: WriteBatch, options?: OperationOptions): Promise<WriteResult>
  stats(options?: OperationOptions): Promise<StorageStats>
  /** Removes what has expired; never a newer write to the same key. */
  cleanup(options?: CleanupOptions): Promise<CleanupStats>
  /** Idempotent. Settles what is in flight, then frees everything. Later calls reject with `CLOSED`. */
  close(): Promise<void>
}

/** A change in the store, by whichever process. */
export interface StoreChange {
  readonly type: 'set' | 'delete' | 'expire'
  readonly key: string
  readonly version?: string
  readonly expiresAt?: number
  /** True for a change that was made through the store that reports it; its service has told of that already. */
  readonly own?: boolean
}

/** Present exactly when `capabilities.watch`. */
export interface Watchable {
  watch(prefix: string, options?: OperationOptions): AsyncIterable<StoreChange>
}

export interface OptimizeResult {
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** Present exactly when `capabilities.optimize`. */
export interface Optimizable {
  optimize(options?: OperationOptions): Promise<OptimizeResult>
}

export interface Health {
  readonly healthy: boolean
  /** What is wrong, for people. */
  readonly reason?: string
  /** How far the clock by which a server lets entries expire is ahead of this process's, in ms; negative: behind. */
  readonly clockAheadMs?: number
  readonly detail?: Readonly<Record<string, string | number | boolean>>
}

/** For stores that acknowledge what the end of the machine could still take. A switch to one asks before it commits. */
export interface Flushable {
  /** Resolves when everything that was acknowledged before survives the end of the machine. */
  flush(options?: OperationOptions): Promise<void>
}

/** For stores that take over many entries faster than by `write`. A copy uses it. */
export interface Importable {
  /**
   * Sets all entries as they are, with their versions and expiries, page after page, in an order of its own. Settles
   * when none of them is on its way any more; if it rejects, some have been set.
   */
  importMany(pages: AsyncIterable<readonly ListedEntry[]>, options?: OperationOptions): Promise<void>
}

/** For stores on servers, where what a process has sent may arrive after its end. A switch to one fences it first. */
export interface Fenceable {
  /** Whatever other stores on the same data have sent is from now on not applied any more, or was before. */
  fence(options?: OperationOptions): Promise<void>
}

/** For stores on servers. A switch to one does not commit if the answer changes. */
export interface Restartable {
  /** Another answer than before: a server was started anew or replaced, and may have lost what it acknowledged. */
  incarnation(options?: OperationOptions): Promise<string>
}

/** For stores that know more of their health than that a read succeeds. */
export interface Checkable {
  checkHealth(options?: OperationOptions): Promise<Health>
}
