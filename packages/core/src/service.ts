import { createCleaner } from './cleaner.ts'
import { systemClock } from './clock.ts'
import { jsonCodec } from './codecs/json.ts'
import { createNamespace } from './create-namespace.ts'
import { createEntryAccess } from './entry-access.ts'
import { asStateError, StateError } from './errors.ts'
import { createEvents } from './events.ts'
import { createForeignChanges } from './foreign-changes.ts'
import { holdSources } from './hold-sources.ts'
import { createKeyedLock } from './keyed-lock.ts'
import { createLimiter } from './limiter.ts'
import { createLister } from './listing.ts'
import { processLogger, quietly } from './logger.ts'
import { createOperations } from './operations.ts'
import type { Backend } from './plugin.ts'
import { createRegistry } from './registry.ts'
import type { ActiveStore, State } from './state.ts'
import { checkOptions, invalid, type StateOptions } from './state-options.ts'
import type { CleanupStats } from './store.ts'
import { journalOf } from './switch/checked-journal.ts'
import { createOneAtATime } from './switch/one-at-a-time.ts'
import { createRecordKeeper } from './switch/record-keeper.ts'
import { recover } from './switch/recover.ts'
import { restore } from './switch/restore.ts'
import { takeSnapshot } from './switch/snapshot.ts'
import { createSwitcher, type Switcher } from './switch/switcher.ts'
import { createVersions, systemRandom } from './versions.ts'
import { createWatches } from './watch.ts'

const DEFAULT_CLEANUP_INTERVAL = '5m'
const HEALTH_TIMEOUT_MS = 5000

/**
 * Opens the active backend and returns the state that is kept in it.
 *
 * @throws StateError `INVALID_OPTIONS` for options that make no sense, or what the backend says.
 */
export async function createState<Name extends string>(options: StateOptions<Name>): Promise<State> {
  const settings = checkOptions(options)
  const journal = journalOf(options.journal)
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
      keeper: createRecordKeeper(holdSources(journal, registry), record),
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
        registry.checkRemovable(name)
        // First: it must not be taken for what another backend of that name holds.
        await switcher?.forget(name)
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
