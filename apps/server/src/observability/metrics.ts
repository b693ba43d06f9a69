import { Counter, Gauge, Registry } from '@prometheus-io/client'
import type { OperationSample } from '@switchyard/core'
import { buildInfo } from './build-info.ts'
import { createLatencyMetric, type LatencySeries } from './latency-metric.ts'
import { processMetrics } from './process-metrics.ts'
import type { RequestSample } from './requests.ts'
import type { RunningPhase, SwitchOutcome } from './switch-phases.ts'

/** The server in the terms of Prometheus. Labels have few values: never a key, an address or a path. */
export interface Metrics {
  operation(sample: OperationSample, phase: RunningPhase | 'none'): void
  request(sample: RequestSample): void
  /** By the labels `backend`, `operation` and `phase`. */
  readonly operations: readonly LatencySeries[]
  /** How many of the operations of this name have failed. */
  operationErrors(operation: string): number
  /** By the labels `method`, `route` and `status`. */
  readonly requests: readonly LatencySeries[]
  switchLeft(phase: RunningPhase, durationMs: number): void
  switchEnded(outcome: SwitchOutcome): void
  backgroundError(code: string): void
  /** Where figures belong that are read only when somebody asks for them. */
  readonly registry: Registry
  readonly contentType: string
  text(): Promise<string>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]

  const operations = createLatencyMetric({
    name: 'switchyard_operation_duration_seconds',
    help: "Store operations by backend and the phase of the switch under way ('none': there is none), waiting for their turn included",
    labels: ['backend', 'operation', 'phase'],
  })
  const failed = new Map<string, number>()
  const operationErrors = new Counter({
    name: 'switchyard_operation_errors_total',
    help: 'Store operations that failed',
    labelNames: ['backend', 'operation', 'phase', 'code'],
    registers,
  })
  const requests = createLatencyMetric({
    name: 'switchyard_http_request_duration_seconds',
    help: "HTTP requests from their headers to the end of their answer, event streams left out; status 499: the client left before the answer, route 'unknown': there is none",
    labels: ['method', 'route', 'status'],
  })
  const switchesEnded = new Counter({
    name: 'switchyard_switches_total',
    help: 'Switches that have ended, by how',
    labelNames: ['outcome'],
    registers,
  })
  const phaseSeconds = new Counter({
    name: 'switchyard_switch_phase_seconds_total',
    help: 'Time that switches have spent in a phase',
    labelNames: ['phase'],
    registers,
  })
  const backgroundErrors = new Counter({
    name: 'switchyard_background_errors_total',
    help: 'Failures that no request waited for, such as of a periodic cleanup',
    labelNames: ['code'],
    registers,
  })
  const build = new Gauge({
    name: 'switchyard_build_info',
    help: "1, with the versions as labels; commit 'unknown': the build was not told",
    labelNames: ['version', 'commit', 'node'],
    registers,
  })
  build.set({ version: buildInfo.version, commit: buildInfo.commit ?? 'unknown', node: buildInfo.node }, 1)

  return {
    operations: operations.series,
    operationErrors: (operation) => failed.get(operation) ?? 0,
    requests: requests.series,
    operation({ backend, operation, durationMs, error }, phase) {
      operations.record(durationMs, backend, operation, phase)
      if (error === undefined) return
      failed.set(operation, (failed.get(operation) ?? 0) + 1)
      operationErrors.inc({ backend, operation, phase, code: error.code })
    },
    request({ method, route, status, durationMs }) {
      requests.record(durationMs, method, route, String(status))
    },
    switchLeft: (phase, durationMs) => phaseSeconds.inc({ phase }, durationMs / 1000),
    switchEnded: (outcome) => switchesEnded.inc({ outcome }),
    backgroundError: (code) => backgroundErrors.inc({ code }),
    registry,
    contentType: registry.contentType,
    text() {
      const latencies = Registry.aggregate([[operations.toJSON(), requests.toJSON()]])
      return Registry.merge([latencies, registry, processMetrics()]).metrics()
    },
  }
}
