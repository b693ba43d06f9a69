import type { OperationSample, State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import { buildInfo } from './build-info.ts'
import { countConnections } from './connections.ts'
import { createDebugRegistry, type DebugRegistry } from './debug-registry.ts'
import { registerGauges } from './gauges.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createRequestLog } from './request-log.ts'
import { observeRequests } from './requests.ts'
import { followSwitches, type SwitchPhases } from './switch-phases.ts'
import { registeredTracer, traceOperation, traceRequests } from './tracing.ts'
import { createTrafficReport } from './traffic-report.ts'

/** What the server tells of itself: metrics, traces, log lines, and its present state for those who look for a fault. */
export interface Observability {
  readonly metrics: Metrics
  /** For every part of the server that has a state to show. */
  readonly debug: DebugRegistry
  /** What the state is to call after each operation. */
  onOperation(sample: OperationSample): void
  /** Follows the state that calls `onOperation`. */
  watch(state: State): SwitchPhases
}

/** Looks at every request of the app from now on: hooks that were added before see requests that this one does not. */
export function createObservability(app: FastifyInstance, slowRequestMs: number): Observability {
  const metrics = createMetrics()
  const debug = createDebugRegistry()
  const traffic = createTrafficReport(app, metrics)
  const log = createRequestLog(app.log, slowRequestMs)
  const tracer = registeredTracer()
  const connections = countConnections(app.server)
  let switches: SwitchPhases | undefined

  const requests = observeRequests(app, (sample, request) => {
    metrics.request(sample)
    log(sample, request)
  })
  if (tracer !== undefined) traceRequests(app, tracer)

  debug.register('build', () => buildInfo)
  debug.register('connections', () => ({ ...connections, eventStreams: requests.streams }))
  debug.register('requests', () => ({ ...traffic.requests(), inFlight: requests.inFlight }))
  debug.register('operations', () => traffic.operations())

  return {
    metrics,
    debug,
    onOperation(sample) {
      metrics.operation(sample, switches?.current ?? 'none')
      if (tracer !== undefined) traceOperation(tracer, sample)
    },
    watch(state) {
      switches = followSwitches(state, { onLeft: metrics.switchLeft, onEnd: metrics.switchEnded })
      state.on('error', ({ code }) => metrics.backgroundError(code))
      registerGauges(metrics.registry, { state, switches, connections, requests })
      return switches
    },
  }
}
