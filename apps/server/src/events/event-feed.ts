import type { State, StateChange } from '@switchyard/core'
import type { Switches } from '../switches/switches.ts'
import type { EventLog, ServerEvent } from './event-log.ts'
import type { EventStreams } from './event-streams.ts'

/** Puts what happens into the log, and wakes its readers. */
export interface EventFeed {
  /** Tells the readers that look after the server. */
  announce(name: 'config', data: unknown): void
}

const ENDS: ReadonlySet<string> = new Set(['done', 'aborted', 'failed'])

const LOST_TOUCH = 'The server lost touch with the backend: changes may have been missed'

/** @param isShown of the changes, those to tell */
export function createEventFeed(
  state: State,
  switches: Switches,
  log: EventLog,
  streams: EventStreams,
  isShown: (change: StateChange) => boolean,
): EventFeed {
  function tell(event: ServerEvent): void {
    log.append(event)
    streams.publish()
  }

  state.on('change', (change) => {
    if (!isShown(change)) return
    const { type, key, version, expiresAt } = change
    tell({ name: 'change', key, data: { type, key, version, expiresAt } })
  })
  state.on('switch', (progress) => {
    if (!ENDS.has(progress.phase)) tell({ name: 'switch', data: progress })
    // Why it was given up is known a moment later.
    else {
      setImmediate(() => {
        const latest = switches.latest()
        tell({ name: 'switch', data: latest?.id === progress.id ? latest : progress })
      })
    }
  })
  // What other processes have changed meanwhile is not known. The log says why: that is not for every reader.
  state.on('error', ({ operation }) => {
    if (operation === 'watch') tell({ name: 'reset', data: { detail: LOST_TOUCH } })
  })
  return { announce: (name, data) => tell({ name, data }) }
}
