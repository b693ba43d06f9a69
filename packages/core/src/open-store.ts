import type { AnyStore, Capabilities } from './capabilities.ts'
import { checkedStore } from './checked-store.ts'
import { type Clock, systemClock } from './clock.ts'
import { isDerived } from './define-store.ts'
import { asStateError, StateError } from './errors.ts'
import { processLogger } from './logger.ts'
import type { Backend, Logger, PluginContext } from './plugin.ts'
import { type Random, systemRandom } from './versions.ts'

const METHODS = ['get', 'getMany', 'list', 'set', 'delete', 'write', 'stats', 'cleanup', 'close'] as const

export interface OpenStoreOptions {
  /** The name in errors and warnings. Default: the plugin's own. */
  readonly backend?: string
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  readonly signal?: AbortSignal
}

/**
 * Opens a backend's store without a service around it, as copies, checks and tests do. Keys, sizes and
 * capabilities are checked on each call; a store that does not have what its plugin declares is refused.
 *
 * @throws StateError `INVALID_PLUGIN` for such a store, else what the backend says.
 */
export async function openStore(backend: Backend, options: OpenStoreOptions = {}): Promise<AnyStore> {
  const { name, capabilities } = backend.plugin
  const context: PluginContext = {
    backend: options.backend ?? name,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    logger: options.logger ?? processLogger,
    signal: options.signal ?? new AbortController().signal,
  }
  let store: AnyStore
  try {
    store = await backend.open(context)
  } catch (error) {
    throw asStateError(error, { backend: context.backend, operation: 'open' })
  }
  const lie = findLie(store, capabilities)
  if (lie !== undefined) {
    if (typeof store?.close === 'function') await store.close()
    throw new StateError('INVALID_PLUGIN', `Plugin '${name}' ${lie}`, { backend: context.backend })
  }
  return checkedStore(store, context.backend, capabilities)
}

/** What the plugin declares and the store contradicts, where that shows without calling it. */
function findLie(store: AnyStore, capabilities: Capabilities): string | undefined {
  const missing = METHODS.find((method) => typeof store?.[method] !== 'function')
  if (missing !== undefined)
    return `opened a store without ${missing}(); defineStore() derives what is left out`
  for (const part of ['watch', 'optimize'] as const) {
    if (capabilities[part] === (typeof store[part] === 'function')) continue
    return `declares ${part}: ${capabilities[part]}, but its store has ${capabilities[part] ? 'no' : 'a'} ${part}()`
  }
  if (!isDerived(store)) return undefined
  if (capabilities.atomicity === 'store') {
    return "declares atomicity: 'store', but leaves write() to defineStore(), which is atomic in this process only"
  }
  if (capabilities.transactions) {
    return 'declares transactions: true, but leaves write() to defineStore(), which is not all or nothing'
  }
  return undefined
}
