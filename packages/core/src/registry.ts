import { atMost } from './at-most.ts'
import type { AnyStore, Capabilities } from './capabilities.ts'
import type { Clock } from './clock.ts'
import { asStateError, StateError } from './errors.ts'
import type { Events } from './events.ts'
import { openStore } from './open-store.ts'
import type { Backend, Logger } from './plugin.ts'
import type { Health } from './store.ts'
import type { Random } from './versions.ts'

export interface BackendInfo {
  readonly name: string
  /** Name of its plugin. */
  readonly plugin: string
  readonly capabilities: Capabilities
  /** Whether its store is open. Backends are opened when they are first needed. */
  readonly open: boolean
}

/** Backends by name. */
export interface Registry {
  /** @throws StateError `BACKEND_IN_USE` if the name is taken. */
  register(name: string, backend: Backend): void
  /** @throws StateError `BACKEND_IN_USE` while it is held, `UNKNOWN_BACKEND` */
  checkRemovable(name: string): void
  /** Closes and forgets it. @throws StateError as {@link checkRemovable} */
  unregister(name: string): Promise<void>
  /**
   * Keeps it registered until the function that is returned is called.
   *
   * @param why the end of a sentence that begins with the backend: 'is being switched to'
   * @throws StateError `UNKNOWN_BACKEND`
   */
  hold(name: string, why: string): () => void
  /** @throws StateError `UNKNOWN_BACKEND` */
  info(name: string): BackendInfo
  list(): readonly BackendInfo[]
  /** Its store, opened on the first call. */
  open(name: string): Promise<AnyStore>
  /** Opens it if need be; one that cannot be opened or read is unhealthy, and says why. */
  health(name: string, timeoutMs: number): Promise<Health>
  close(): Promise<void>
}

export interface RegistryOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly events: Events
  /** How long a store may take to close before nobody waits for it any longer. */
  readonly closeTimeoutMs: number
}

interface Registered {
  readonly backend: Backend
  /** One reason for each hold. */
  readonly holds: Set<{ readonly why: string }>
  store?: Promise<AnyStore>
  isOpen: boolean
}

/** The key that a health check reads; it need not exist. */
const PROBE = 'switchyard:health'

export function createRegistry({ clock, random, logger, events, closeTimeoutMs }: RegistryOptions): Registry {
  const registered = new Map<string, Registered>()
  const closing = new AbortController()

  function find(name: string): Registered {
    const found = registered.get(name)
    if (found !== undefined) return found
    const known = [...registered.keys()].join(', ') || 'none'
    throw new StateError('UNKNOWN_BACKEND', `There is no backend '${name}'; registered: ${known}`, {
      backend: name,
    })
  }

  /** It, if it can be removed. */
  function findRemovable(name: string): Registered {
    const entry = find(name)
    const [hold] = entry.holds
    if (hold === undefined) return entry
    const message = `Backend '${name}' ${hold.why} and cannot be removed`
    throw new StateError('BACKEND_IN_USE', message, { backend: name })
  }

  function checkOpen(name: string): void {
    if (closing.signal.aborted) throw new StateError('CLOSED', 'The state is closed', { backend: name })
  }

  function open(name: string): Promise<AnyStore> {
    const entry = find(name)
    checkOpen(name)
    entry.store ??= openStore(entry.backend, {
      backend: name,
      clock,
      random,
      logger,
      signal: closing.signal,
    }).then(
      (store) => {
        entry.isOpen = true
        events.backend({ type: 'opened', backend: name })
        return store
      },
      (error) => {
        // The next call may try again.
        delete entry.store
        throw error
      },
    )
    return entry.store
  }

  async function closeOne(name: string, entry: Registered): Promise<void> {
    // What could not be opened has nothing to close, and its error was reported to who opened it.
    const store = await entry.store?.catch(() => undefined)
    if (store === undefined) return
    if (!(await atMost(closeTimeoutMs, store.close()))) {
      logger.warn(`Backend '${name}' has not closed within ${closeTimeoutMs} ms`)
    }
    entry.isOpen = false
    events.backend({ type: 'closed', backend: name })
  }

  function info(name: string): BackendInfo {
    const { backend, isOpen } = find(name)
    const { plugin } = backend
    return { name, plugin: plugin.name, capabilities: plugin.capabilities, open: isOpen }
  }

  return {
    register(name, backend) {
      checkOpen(name)
      if (typeof name !== 'string' || name === '') {
        throw new StateError('INVALID_OPTIONS', 'A backend needs a name')
      }
      if (typeof backend?.open !== 'function' || backend.plugin === undefined) {
        const message = `Backend '${name}' is not one: give what a plugin returns, such as memory()`
        throw new StateError('INVALID_OPTIONS', message, { backend: name })
      }
      if (registered.has(name)) {
        throw new StateError('BACKEND_IN_USE', `There is a backend '${name}' already`, { backend: name })
      }
      registered.set(name, { backend, holds: new Set(), isOpen: false })
      events.backend({ type: 'registered', backend: name })
    },
    checkRemovable: (name) => void findRemovable(name),
    async unregister(name) {
      const entry = findRemovable(name)
      registered.delete(name)
      await closeOne(name, entry)
      events.backend({ type: 'unregistered', backend: name })
    },
    hold(name, why) {
      const { holds } = find(name)
      const hold = { why }
      holds.add(hold)
      return () => void holds.delete(hold)
    },
    info,
    list: () => [...registered.keys()].map(info),
    open,
    async health(name, timeoutMs) {
      find(name)
      const timedOut = AbortSignal.timeout(timeoutMs)
      const probe = async (): Promise<Health> => {
        const store = await open(name)
        if (store.checkHealth !== undefined) return store.checkHealth({ signal: timedOut })
        await store.get(PROBE, { signal: timedOut })
        return { healthy: true }
      }
      const late = new Promise<Health>((resolve) => {
        timedOut.addEventListener('abort', () => {
          resolve({ healthy: false, reason: `no answer within ${timeoutMs} ms` })
        })
      })
      try {
        return await Promise.race([probe(), late])
      } catch (error) {
        return {
          healthy: false,
          reason: asStateError(error, { backend: name, operation: 'checkHealth' }).message,
        }
      }
    },
    async close() {
      closing.abort()
      const results = await Promise.allSettled([...registered].map(([name, entry]) => closeOne(name, entry)))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed !== undefined) throw asStateError(failed.reason, { operation: 'close' })
    },
  }
}
