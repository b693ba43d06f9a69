import type { EntryAccess } from './entry-access.ts'
import type { StateEvents } from './events.ts'
import type { ListingOptions } from './listing.ts'
import type { StateNamespace } from './namespace.ts'
import type { CallOptions } from './operations.ts'
import type { Backend } from './plugin.ts'
import type { BackendInfo } from './registry.ts'
import type {
  CleanupOptions,
  CleanupStats,
  Entry,
  Health,
  ListedEntry,
  OptimizeResult,
  StorageStats,
} from './store.ts'
import type { SwitchPlan } from './switch/preflight.ts'
import type { RestoreOptions, RestoreResult } from './switch/restore.ts'
import type { SnapshotOperation, SnapshotOptions, SnapshotResult } from './switch/snapshot.ts'
import type { SwitchOptions, SwitchRun } from './switch/switcher.ts'
import type { Ttl } from './ttl.ts'

/** The backends of a state, by name. */
export interface Backends {
  /** Name of the one that serves. */
  readonly active: string
  /** @throws StateError `BACKEND_IN_USE` if the name is taken. */
  register(name: string, backend: Backend): void
  /**
   * Closes and forgets it; its data stay where they are.
   *
   * @throws StateError `BACKEND_IN_USE` for the active one, one that is being switched to, and one that can be rolled
   *   back to, until that switch is completed; `UNKNOWN_BACKEND`; what the journal says, and then it is still there
   */
  unregister(name: string): Promise<void>
  list(): readonly BackendInfo[]
  /** Opens it if need be. One that fails is unhealthy, and says why. Default: the active one. */
  health(name?: string): Promise<Health>
}

/**
 * The entries of the active backend as it keeps them: their bytes, versions and expiries, without codecs and
 * namespaces. For what serves a state to others; versions that it writes must be new, as those of the state are.
 */
export interface ActiveStore extends Pick<EntryAccess, 'set' | 'delete' | 'write'> {
  getMany(keys: readonly string[], options?: CallOptions): Promise<readonly (Entry | undefined)[]>
  /** Pages in the order of the backend; `limit` counts entries. */
  list(options?: ListingOptions & { readonly keysOnly?: boolean }): AsyncIterable<readonly ListedEntry[]>
  cleanup(options?: CallOptions & Pick<CleanupOptions, 'onRemoved'>): Promise<CleanupStats>
  /** Resolves when what was acknowledged survives the end of the backend's machine, where the backend can tell. */
  flush(options?: CallOptions): Promise<void>
  /** Another answer than before: the backend was started anew. '' where it cannot tell. */
  incarnation(options?: CallOptions): Promise<string>
}

/** All state of an application: the namespace of every key, and what goes for the whole. */
export interface State extends StateNamespace, AsyncDisposable {
  readonly backends: Backends
  readonly store: ActiveStore
  /** Calls the listener for each event, until the function it returns is called. */
  on<Name extends keyof StateEvents>(name: Name, listener: (...event: StateEvents[Name]) => void): () => void
  /** Of the active backend. */
  stats(options?: CallOptions): Promise<StorageStats>
  /** Removes from the active backend what has expired. */
  cleanup(options?: CallOptions): Promise<CleanupStats>
  /** Starts the periodic cleanup, or goes on with another interval. It keeps no process alive. */
  startCleanup(interval: Ttl): void
  /** Resolves when the cleanup under way, if any, has ended. */
  stopCleanup(): Promise<void>
  /**
   * Moves all state to another backend while it is used: everything is copied and compared, operations wait for some
   * milliseconds, and the other backend serves. Resolves when the copy has begun; see {@link SwitchRun.done}.
   *
   * @throws StateError `INVALID_OPTIONS` for a switch that makes no sense or needs an option, `UNKNOWN_BACKEND`,
   *   `UNAVAILABLE`, `INCOMPATIBLE` if the target cannot hold an entry, `CONFLICT` if it is not empty or a switch is
   *   under way; nothing was changed
   */
  switchTo(backend: string, options?: SwitchOptions): Promise<SwitchRun>
  /** What `switchTo` would do and meet, from a look at every entry. */
  planSwitch(backend: string, options?: SwitchOptions): Promise<SwitchPlan>
  /**
   * Hands every entry to `write`, then what was written meanwhile, and the last of that while operations wait for some
   * milliseconds: taken together, in this order, it is the state at that moment. What other processes write to a shared
   * backend meanwhile may be missing.
   *
   * @throws StateError `INVALID_OPTIONS`; `CONFLICT` while a switch, a snapshot or a restore is under way; what `write` throws
   */
  snapshot(
    write: (batch: readonly SnapshotOperation[]) => Promise<void>,
    options?: SnapshotOptions,
  ): Promise<SnapshotResult>
  /**
   * Writes what a snapshot has handed over, with versions and expiries as they were, into the active backend.
   * Operations wait until it is done. If it fails in the middle, restore again to complete it.
   *
   * @throws StateError `INVALID_OPTIONS`; `CONFLICT` if there are entries and `mode` is 'empty', and while a switch, a
   *   snapshot or a restore is under way
   */
  restore(
    batches: AsyncIterable<readonly SnapshotOperation[]>,
    options?: RestoreOptions,
  ): Promise<RestoreResult>
  /** Compacts the active backend. @throws StateError `NOT_SUPPORTED` if it cannot. */
  optimize(options?: CallOptions): Promise<OptimizeResult>
  /** Idempotent. Lets what is in flight end, then closes every backend. Later calls reject with `CLOSED`. */
  close(): Promise<void>
}
