import { setTimeout as sleep } from 'node:timers/promises'
import { asStateError, type StateError } from './errors.ts'
import type { Events } from './events.ts'
import type { Route } from './operations.ts'

/** How long after a failure it is tried again. */
const RETRY_MS = 1000

/** Brings in what other processes change, while somebody wants to hear of changes. */
export interface ForeignChanges {
  start(): void
  stop(): void
  /** Goes over to the backend that serves now. */
  follow(): void
}

export interface ForeignChangesOptions {
  /** The one that serves now. */
  readonly route: () => Route
  readonly events: Events
  /** Changes may have been missed. */
  readonly onMissed: (error: StateError) => void
}

export function createForeignChanges({ route, events, onMissed }: ForeignChangesOptions): ForeignChanges {
  let following: AbortController | undefined

  async function follow({ signal }: AbortController): Promise<void> {
    const { store, backend } = route()
    while (store.watch !== undefined && !signal.aborted) {
      try {
        for await (const { own, ...change } of store.watch('', { signal })) {
          // Of what is changed here the listeners were told at once.
          if (own !== true && !signal.aborted) events.changed(change)
        }
        return
      } catch (error) {
        if (signal.aborted) return
        onMissed(asStateError(error, { backend, operation: 'watch' }))
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }

  function start(): void {
    if (following !== undefined) return
    following = new AbortController()
    void follow(following)
  }

  function stop(): void {
    following?.abort()
    following = undefined
  }

  return {
    start,
    stop,
    follow() {
      if (following === undefined) return
      stop()
      start()
    },
  }
}
