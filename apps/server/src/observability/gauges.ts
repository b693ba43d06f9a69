import { Gauge, type Registry } from '@prometheus-io/client'
import type { State, SwitchProgress } from '@switchyard/core'
import type { ConnectionCounts } from './connections.ts'
import type { RequestCounts } from './requests.ts'
import { RUNNING_PHASES, type SwitchPhases } from './switch-phases.ts'

export interface GaugeSources {
  readonly state: Pick<State, 'backends'>
  readonly switches: SwitchPhases
  readonly connections: ConnectionCounts
  readonly requests: RequestCounts
}

/** Figures that are read when somebody asks for the metrics, and cost nothing until then. */
export function registerGauges(registry: Registry, sources: GaugeSources): void {
  const { state, switches, connections, requests } = sources
  const registers = [registry]

  function gauge(name: string, help: string, read: () => number): void {
    const one: Gauge = new Gauge({ name, help, registers, collect: () => one.set(read()) })
  }

  function ofSwitch(name: string, help: string, read: (progress: SwitchProgress) => number): void {
    gauge(`switchyard_switch_${name}`, help, () =>
      switches.progress === undefined ? 0 : read(switches.progress),
    )
  }

  gauge('switchyard_connections', 'Open TCP connections', () => connections.open)
  gauge(
    'switchyard_http_requests_in_flight',
    'Requests that are being answered, event streams left out',
    () => requests.inFlight,
  )
  gauge('switchyard_event_streams', 'Open event streams', () => requests.streams)

  ofSwitch(
    'copied_entries',
    'Entries and deletions that the latest switch has written to its target',
    ({ copied }) => copied,
  )
  ofSwitch('total_entries', 'Entries in the source when the latest switch began', ({ total }) => total)
  ofSwitch(
    'verified_entries',
    "Keys that the latest switch has compared with its target's",
    ({ verified }) => verified,
  )
  ofSwitch(
    'dirty_entries',
    'Keys that were written after the latest switch had copied them',
    ({ dirty }) => dirty,
  )
  ofSwitch(
    'pause_seconds',
    'How long operations have waited for the latest switch',
    ({ pauseMs }) => pauseMs / 1000,
  )

  const phases: Gauge<'phase'> = new Gauge({
    name: 'switchyard_switch_phase',
    help: '1 for the phase of the switch under way, 0 for the others',
    labelNames: ['phase'],
    registers,
    collect() {
      for (const phase of RUNNING_PHASES) phases.set({ phase }, phase === switches.current ? 1 : 0)
    },
  })

  const backends: Gauge<'backend' | 'plugin'> = new Gauge({
    name: 'switchyard_backend_active',
    help: '1 for the backend that serves, 0 for the others',
    labelNames: ['backend', 'plugin'],
    registers,
    collect() {
      backends.reset()
      const { active } = state.backends
      for (const { name, plugin } of state.backends.list()) {
        backends.set({ backend: name, plugin }, name === active ? 1 : 0)
      }
    },
  })
}
