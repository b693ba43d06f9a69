import { type Context, createContext } from 'preact'
import { useContext, useEffect, useMemo, useState } from 'preact/hooks'
import { requestJson } from '../api/request.ts'
import type { Backends, RequestFigures, SwitchStatus } from '../api/types.ts'
import { type Loaded, useLoaded } from './poll.ts'

/** Requests at one moment. */
export interface Sample extends RequestFigures {
  /** Unix ms. */
  readonly at: number
}

/** What every page shows or needs of the server. */
export interface ServerFacts {
  readonly backends: Loaded<Backends>
  /** The latest switch; null if there has been none. */
  readonly latest: Loaded<SwitchStatus | null>
  /** Of the last minutes, one a second. */
  readonly traffic: Loaded<readonly Sample[]>
}

const BACKENDS_MS = 3000
const SWITCH_MS = 3000
/** By asking, as the event stream would bring every change of every key along. */
const RUNNING_SWITCH_MS = 300
const TRAFFIC_MS = 1000
const KEPT_SAMPLES = 125

export const ServerContext: Context<ServerFacts | undefined> = createContext<ServerFacts | undefined>(
  undefined,
)

export function useServer(): ServerFacts {
  const facts = useContext(ServerContext)
  if (facts === undefined) throw new Error('There is no server around this component')
  return facts
}

export function isRunning({ phase }: SwitchStatus): boolean {
  return !['done', 'aborted', 'failed'].includes(phase)
}

/** Asks the server for them as long as the component is shown. */
export function useServerFacts(): ServerFacts {
  const backends = useLoaded((signal) => requestJson<Backends>('GET', 'v1/backends', { signal }), BACKENDS_MS)
  const [switchMs, setSwitchMs] = useState(SWITCH_MS)
  const latest = useLoaded(async (signal) => {
    const path = 'v1/debug/state/switch'
    const { latest: status } = await requestJson<{ latest: SwitchStatus | null }>('GET', path, { signal })
    setSwitchMs(status !== null && isRunning(status) ? RUNNING_SWITCH_MS : SWITCH_MS)
    return status
  }, switchMs)
  // Its end is another backend that serves.
  const phase = latest.value?.phase
  useEffect(() => {
    if (phase !== undefined) void backends.refresh()
  }, [phase, backends.refresh])
  const [history] = useState<Sample[]>(() => [])
  const traffic = useLoaded(async (signal) => {
    const figures = await requestJson<RequestFigures>('GET', 'v1/debug/state/requests', { signal })
    const at = Date.now()
    const before = history.at(-1)
    // The server's own is of ten seconds, and follows slowly.
    const perSecond =
      before === undefined || before.total > figures.total
        ? figures.perSecond
        : ((figures.total - before.total) * 1000) / Math.max(at - before.at, 1)
    history.push({ ...figures, at, perSecond })
    history.splice(0, history.length - KEPT_SAMPLES)
    return [...history]
  }, TRAFFIC_MS)
  return useMemo(() => ({ backends, latest, traffic }), [backends, latest, traffic])
}
