import { createCleaner } from './cleaner.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Codec } from './codec.ts'
import { jsonCodec } from './codecs/json.ts'
import { createNamespace } from './create-namespace.ts'
import { createEntryAccess, type EntryAccess } from './entry-access.ts'
import { asStateError, StateError } from './errors.ts'
import { createEvents, type StateEvents } from './events.ts'
import { createForeignChanges } from './foreign-changes.ts'
import { holdSources } from './hold-sources.ts'
import { createKeyedLock } from './keyed-lock.ts'
import { createLimiter } from './limiter.ts'
import { createLister, type ListingOptions } from './listing.ts'
import type { StateNamespace } from './namespace.ts'
import { processLogger } from './open-store.ts'
import { type CallOptions, createOperations, type OperationSample } from './operations.ts'
import type { Backend, Logger } from './plugin.ts'
import { type BackendInfo, createRegistry } from './registry.ts'
import type {
  CleanupOptions,
  CleanupStats,
  Entry,
  Health,
  ListedEntry,
  OptimizeResult,
  StorageStats,
} from './store.ts'
import { fileJournal, type SwitchJournal } from './switch/journal.ts'
import { createOneAtATime } from './switch/one-at-a-time.ts'
import type { SwitchPlan } from './switch/preflight.ts'
import { recover } from './switch/recover.ts'
import { type RestoreOptions, type RestoreResult, restore } from './switch/restore.ts'
import {
  type SnapshotOperation,
  type SnapshotOptions,
  type SnapshotResult,
  takeSnapshot,
} from './switch/snapshot.ts'
import { createSwitcher, type Switcher, type SwitchOptions, type SwitchRun } from './switch/switcher.ts'
import { parseTtl, type Ttl } from './ttl.ts'
import { createVersions, type Random, systemRandom } from './versions.ts'
import { createWatches } from './watch.ts'

export interface StateOptions<Name extends string = string> {
  /** What state can be kept in, by names of your own. Opened when first needed. */
  readonly backends: Readonly<Record<Name, Backend>>
  /** The one that serves. Default: the only one. */
  readonly active?: NoInfer<Name>
  /** Default: JSON. */
  readonly codec?: Codec
  /** Operations that run at once. Default 1000. */
  readonly maxConcurrentOperations?: number
  /** Operations that wait for their turn; one more is refused with `OVERLOADED`. Default 100,000. */
  readonly maxQueuedOperations?: number
  /** For operations that give none of their own. Default 30,000. */
  readonly timeoutMs?: number
  /** How often expired entries are removed; `false`: only when `cleanup()` is called. Default '5m'. */
  readonly cleanupInterval?: Ttl | false
  /** Called after each store operation, to count and time them. Costs nothing when it is left out. */
  readonly onOperation?: (sample: OperationSample) => void
  /** Default: Node's warnings (`process.emitWarning`). */
  readonly logger?: Logger
  /** Default: the system's. */
  readonly clock?: Clock
  /** Default: `crypto.getRandomValues`. */
  readonly random?: Random
  /**
   * Where it is kept which backend serves: a file's path, or a journal of your own. It has the word over `active`
   * from the first switch on, also when a switch was cut off by the end of the process. Needed for `switchTo`.
   */
  readonly journal?: string | SwitchJournal
  /** Makes the versions of entries; each must be new, among all processes, for ever. Default: 96 random bits and a counter. */
  readonly nextVersion?: () => string
}

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
   *   back to, until that switch is completed; `UNKNOWN_BACKEND`
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
   * @throws StateError `CONFLICT` while a switch, a snapshot or a restore is under way; what `write` throws
   */
  snapshot(
    write: (batch: readonly SnapshotOperation[]) => Promise<void>,
    options?: SnapshotOptions,
  ): Promise<SnapshotResult>
  /**
   * Writes what a snapshot has handed over, with versions and expiries as they were, into the active backend.
   * Operations wait until it is done. If it fails in the middle, restore again to complete it.
   *
   * @throws StateError `CONFLICT` if there are entries and `mode` is 'empty', and while a switch, a snapshot or a restore
   *   is under way
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

const DEFAULT_CLEANUP_INTERVAL = '5m'
const HEALTH_TIMEOUT_MS = 5000

/**
 * Opens the active backend and returns the state that is kept in it.
 *
 * @throws StateError `INVALID_OPTIONS` for options that make no sense, or what the backend says.
 */
export async function createState<Name extends string>(options: StateOptions<Name>): Promise<State> {
  const settings = checkOptions(options)
  const { clock = systemClock, random = systemRandom, codec = jsonCodec } = options
  const logger = quietly(options.logger ?? processLogger)
  const nextVersion = options.nextVersion ?? createVersions(random)
  const events = createEvents(
    nextVersion(),
    (error) => logger.warn(asStateError(error, { operation: 'listener' }).message),
    (listening) => (listening ? foreignChanges.start() : foreignChanges.stop()),
  )
  const watches = createWatches(events)

  const registry = createRegistry({ clock, random, logger, events, closeTimeoutMs: settings.timeoutMs })
  for (const [name, backend] of Object.entries<Backend>(options.backends)) registry.register(name, backend)
  const journal = typeof options.journal === 'string' ? fileJournal(options.journal) : options.journal
  const record = await recover(journal, settings.active, Object.keys(options.backends))
  const { active, restoring } = record
  if (restoring !== undefined) {
    const began = new Date(restoring).toISOString()
    logger.warn(`A restore that began at ${began} did not end; there may be a part only of it: restore again`)
  }
  const route = {
    backend: active,
    store: await registry.open(active),
    capabilities: registry.info(active).capabilities,
  }

  const foreignChanges = createForeignChanges({
    route: () => operations.route,
    events,
    onMissed(error) {
      watches.failAll(error)
      report(error)
    },
  })
  const limiter = createLimiter(settings.maxConcurrentOperations, settings.maxQueuedOperations)
  const operations = createOperations({
    route,
    limiter,
    timeoutMs: settings.timeoutMs,
    onOperation: options.onOperation === undefined ? undefined : safely(options.onOperation),
  })
  // However long it takes: nobody waits for it.
  const cleaner = createCleaner(() => cleanup({ timeoutMs: Number.POSITIVE_INFINITY }), report)
  const oneAtATime = createOneAtATime()
  const switcher =
    journal &&
    createSwitcher({
      registry,
      oneAtATime,
      operations,
      clock,
      journal: holdSources(journal, registry),
      record,
      onError: report,
      onProgress(progress) {
        if (progress.phase === 'done') foreignChanges.follow()
        events.switched(progress)
      },
      cleaner,
    })
  const restoreContext = {
    operations,
    events,
    record: async (isUnderWay: boolean) => switcher?.restoring(isUnderWay),
  }
  const access = createEntryAccess(operations, events)
  const lister = createLister(operations)
  const namespace = createNamespace(
    {
      access,
      lister,
      watches,
      clock,
      nextVersion,
      lock: createKeyedLock(),
    },
    { prefix: '', codec },
  )
  const { cleanupInterval = DEFAULT_CLEANUP_INTERVAL } = options
  if (cleanupInterval !== false) cleaner.start(cleanupInterval)
  let closing: Promise<void> | undefined

  /** For failures that no caller waits for. */
  function report(error: StateError): void {
    logger.warn(error.message)
    events.error(error)
  }

  function safely<T>(hook: (value: T) => void): (value: T) => void {
    return (value) => {
      try {
        hook(value)
      } catch (error) {
        report(asStateError(error, { operation: 'onOperation' }))
      }
    }
  }

  function cleanup(callOptions?: Parameters<ActiveStore['cleanup']>[0]): Promise<CleanupStats> {
    const onRemoved = (keys: readonly string[]): void => {
      callOptions?.onRemoved?.(keys)
      if (events.hears('change')) for (const key of keys) events.changed({ type: 'expire', key })
    }
    return operations.run({
      operation: 'cleanup',
      writes: true,
      options: callOptions,
      send: (store, storeOptions) => store.cleanup({ ...storeOptions, onRemoved }),
      finish: (stats) => stats,
    })
  }

  async function alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    const end = oneAtATime.begin(what)
    try {
      return await work()
    } finally {
      end()
    }
  }

  function switching(): Switcher {
    if (switcher !== undefined) return switcher
    throw invalid(
      'switching needs a journal, which says after a restart which backend serves; give `journal`',
    )
  }

  async function close(): Promise<void> {
    // A cleanup under way is an operation in flight like any other.
    void cleaner.stop()
    // New calls are refused from here on; a switch is given up before those that wait for it can end.
    const drained = operations.close()
    await switcher?.close()
    await drained
    watches.closeAll()
    foreignChanges.stop()
    await registry.close()
    events.removeAll()
  }

  const state: State = {
    ...namespace,
    backends: {
      get active() {
        return operations.route.backend
      },
      register: (name, backend) => registry.register(name, backend),
      async unregister(name) {
        if (name === operations.route.backend) {
          throw new StateError('BACKEND_IN_USE', `Backend '${name}' serves and cannot be removed`, {
            backend: name,
          })
        }
        await registry.unregister(name)
      },
      list: () => registry.list(),
      health: async (name = operations.route.backend) => registry.health(name, HEALTH_TIMEOUT_MS),
    },
    store: {
      ...access,
      getMany: (keys, callOptions) => access.readMany(keys, callOptions, (entry) => entry),
      list: ({ keysOnly = false, ...listing } = {}) => lister.pages(listing, keysOnly),
      cleanup,
      flush: (callOptions) =>
        operations.run({
          operation: 'checkHealth',
          options: callOptions,
          send: (store, storeOptions) => store.flush?.(storeOptions),
          finish: () => undefined,
        }),
      incarnation: (callOptions) =>
        operations.run({
          operation: 'checkHealth',
          options: callOptions,
          send: (store, storeOptions) => store.incarnation?.(storeOptions) ?? '',
          finish: (answer) => answer,
        }),
    },
    on: (name, listener) => events.on(name, listener),
    stats: (callOptions) =>
      operations.run({
        operation: 'stats',
        options: callOptions,
        send: (store, storeOptions) => store.stats(storeOptions),
        finish: (stats) => stats,
      }),
    cleanup,
    startCleanup(interval) {
      if (closing !== undefined) throw new StateError('CLOSED', 'The state is closed')
      cleaner.start(interval)
    },
    stopCleanup: () => cleaner.stop(),
    optimize: (callOptions) =>
      operations.run({
        operation: 'optimize',
        options: callOptions,
        send(store, storeOptions) {
          if (store.optimize !== undefined) return store.optimize(storeOptions)
          throw new StateError('NOT_SUPPORTED', `Backend '${operations.route.backend}' cannot be optimized`)
        },
        finish: (result) => result,
      }),
    async switchTo(backend, switchOptions = {}) {
      const { start } = switching()
      const release = registry.hold(backend, 'is being switched to')
      try {
        const run = await start(backend, switchOptions)
        void run.done.then(release, release)
        return run
      } catch (error) {
        release()
        throw error
      }
    },
    snapshot: (write, snapshotOptions = {}) =>
      alone('a snapshot', () => takeSnapshot(operations, write, snapshotOptions)),
    restore: (batches, restoreOptions = {}) =>
      alone('a restore', () => restore(restoreContext, batches, restoreOptions)),
    planSwitch: async (backend, switchOptions = {}) => switching().plan(backend, switchOptions),
    close() {
      closing ??= close()
      return closing
    },
    [Symbol.asyncDispose]: () => state.close(),
  }
  return Object.freeze(state)
}

/** A logger that throws must not make operations fail. */
function quietly(logger: Logger): Logger {
  return {
    warn(message, detail) {
      try {
        logger.warn(message, detail)
      } catch (error) {
        processLogger.warn(message, detail)
        processLogger.warn('The logger failed', error)
      }
    },
  }
}

type Settings = Required<
  Pick<StateOptions, 'active' | 'maxConcurrentOperations' | 'maxQueuedOperations' | 'timeoutMs'>
>

/** @throws StateError `INVALID_OPTIONS` naming the first option that is wrong. */
function checkOptions(options: StateOptions): Settings {
  const names = Object.keys(options?.backends ?? {})
  const { active = names.length === 1 ? names[0] : undefined, cleanupInterval = false } = options ?? {}
  if (active === undefined || !names.includes(active)) {
    const found = active === undefined ? 'is missing' : `names '${active}'`
    throw invalid(`active ${found}; the backends are: ${names.join(', ') || 'none'}`)
  }
  if (cleanupInterval !== false) parseTtl(cleanupInterval)
  const { maxConcurrentOperations = 1000, maxQueuedOperations = 100_000, timeoutMs = 30_000 } = options
  for (const [name, value] of Object.entries({ maxConcurrentOperations, timeoutMs })) {
    if (!(value >= 1)) throw invalid(`${name} must be 1 or more, not ${value}`)
  }
  if (!(maxQueuedOperations >= 0))
    throw invalid(`maxQueuedOperations must be 0 or more, not ${maxQueuedOperations}`)
  return { active, maxConcurrentOperations, maxQueuedOperations, timeoutMs }
}

function invalid(message: string): StateError {
  return new StateError('INVALID_OPTIONS', `createState: ${message}`)
}
