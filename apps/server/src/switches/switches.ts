import {
  asStateError,
  type State,
  type SwitchOptions,
  type SwitchProgress,
  type SwitchRecord,
  type SwitchRun,
} from '@switchyard/core'
import { RequestError } from '../problems/request-error.ts'

/** Where a switch stands, as the API shows it. */
export interface SwitchStatus extends Partial<SwitchProgress> {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly phase: SwitchProgress['phase']
  /** Why it was given up. */
  readonly error?: { readonly code: string; readonly detail: string }
}

/** The switches of this process, and the last one of the process before it. */
export interface Switches {
  start(to: string, options: SwitchOptions): Promise<SwitchStatus>
  /** The latest one, if there has been any. */
  latest(): SwitchStatus | undefined
  /** @throws RequestError `NOT_FOUND` */
  status(id: string): SwitchStatus
  /** Resolves when it is done, and rejects if it is given up. */
  ended(id: string): Promise<void>
  abort(id: string): Promise<SwitchStatus>
  rollback(id: string): Promise<SwitchStatus>
  complete(id: string): Promise<SwitchStatus>
}

/** Switches whose status is kept. */
const KEPT = 100

/** @param before what the journal said when the server started */
export function createSwitches(state: State, before: SwitchRecord | undefined): Switches {
  const runs = new Map<string, SwitchRun>()
  const errors = new Map<string, SwitchStatus['error']>()

  function keep(run: SwitchRun): SwitchStatus {
    runs.set(run.id, run)
    run.done.catch((error: unknown) => {
      const { code, message } = asStateError(error, { operation: 'switch' })
      errors.set(run.id, { code, detail: message })
    })
    forgetOldest()
    return statusOf(run)
  }

  function forgetOldest(): void {
    if (runs.size <= KEPT) return
    const all = [...runs.values()]
    // The only one that there may be a way back from.
    const lastDone = all.findLast(({ status }) => status.phase === 'done')
    const oldest = all.find((run) => run !== lastDone)
    if (oldest === undefined) return
    runs.delete(oldest.id)
    errors.delete(oldest.id)
  }

  function statusOf(run: SwitchRun): SwitchStatus {
    const error = errors.get(run.id)
    return error === undefined ? run.status : { ...run.status, error }
  }

  function find(id: string): SwitchRun {
    const run = runs.get(id)
    if (run === undefined) throw new RequestError('NOT_FOUND', `This server has begun no switch '${id}'`)
    return run
  }

  return {
    start: async (to, options) => keep(await state.switchTo(to, options)),
    latest() {
      const last = [...runs.values()].at(-1)
      return last === undefined ? recorded(before) : statusOf(last)
    },
    status(id) {
      const earlier = recorded(before)
      return earlier?.id === id ? earlier : statusOf(find(id))
    },
    async ended(id) {
      await find(id).done
    },
    async abort(id) {
      const run = find(id)
      await run.abort()
      return statusOf(run)
    },
    // As for the switch itself, this server takes itself for the only writer.
    rollback: async (id) => keep(await find(id).rollback({ exclusive: true })),
    async complete(id) {
      const run = find(id)
      await run.complete()
      return statusOf(run)
    },
  }
}

function recorded(before: SwitchRecord | undefined): SwitchStatus | undefined {
  const latest = before?.latest
  if (latest === undefined) return undefined
  const { id, from, to, state } = latest
  return { id, from, to, phase: state === 'prepared' || state === 'aborted' ? 'aborted' : 'done' }
}

/** What happened to a switch that the end of the process before this one has cut off, for the log. */
export function interruptedSwitch(before: SwitchRecord | undefined): string | undefined {
  const latest = before?.latest
  if (latest?.state === 'prepared') {
    return `The switch from '${latest.from}' to '${latest.to}' was cut off before its commit: '${latest.from}' serves, and lost nothing; switch again if it is still wanted`
  }
  if (latest?.state === 'committed') {
    return `The switch from '${latest.from}' to '${latest.to}' had been committed when the server ended: '${latest.to}' serves`
  }
  return undefined
}
