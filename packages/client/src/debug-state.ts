import type { BackendInfo, CallOptions, Health, SwitchPhase } from '@switchyard/core'
import { inUrl } from './call.ts'
import type { SwitchStatus } from './switch-status.ts'
import { parseJson, type Transport } from './transport.ts'

/** Of the last 10 seconds. */
export interface RecentTraffic {
  readonly perSecond: number
  /** Null: there was nothing. */
  readonly latencyMs: {
    readonly p50: number | null
    readonly p95: number | null
    readonly p99: number | null
  }
}

/** One part of a server. What of it could not be read is not there, and `error` says why. */
export type Component<T> = Partial<T> & { readonly error?: string }

/** The present state of every part of a server, by its name. */
export interface DebugState {
  readonly build: Component<{
    readonly version: string
    /** Null: the build was not told. */
    readonly commit: string | null
    readonly node: string
  }>
  readonly backends: Component<{
    readonly active: string
    /** Without `health` for a backend that is not open. */
    readonly backends: readonly (BackendInfo & { readonly active: boolean; readonly health?: Health })[]
  }>
  readonly connections: Component<{
    readonly open: number
    readonly accepted: number
    readonly eventStreams: number
  }>
  readonly requests: Component<
    RecentTraffic & {
      /** Answered since the server was started, without event streams. */
      readonly total: number
      /** Those of them with a status of 500 or more. */
      readonly errors: number
      readonly inFlight: number
    }
  >
  /** By the name of the operation. */
  readonly operations: Readonly<
    Record<string, RecentTraffic & { readonly count: number; readonly errors: number }>
  >
  readonly switch: Component<{
    /** Of the switch under way. */
    readonly phase: SwitchPhase | 'none'
    readonly latest: SwitchStatus | null
    /** When a restore was begun that has not ended, in Unix ms. */
    readonly restoring: number | null
  }>
  readonly locks: Component<{
    /** The files that the process holds, with when it locked them in Unix ms. */
    readonly locks: readonly { readonly file: string; readonly pid: number; readonly lockedAt: number }[]
  }>
  /** What the server was started with, without secrets. */
  readonly config: Component<Readonly<Record<string, unknown>>>
  readonly [component: string]: object
}

export interface DebugMethods {
  debugState(options?: CallOptions): Promise<DebugState>
  /** One part of it; undefined if the server has none of the name. */
  debugComponent<Name extends keyof DebugState & string>(
    component: Name,
    options?: CallOptions,
  ): Promise<DebugState[Name] | undefined>
}

export function debugMethods(transport: Transport): DebugMethods {
  return {
    async debugState(options) {
      const call = {
        operation: 'debugState',
        method: 'GET',
        path: '/v1/debug/state',
        writes: false,
        options,
      } as const
      return (await transport.json<{ readonly components: DebugState }>(call)).components
    },
    async debugComponent(component, options) {
      const path = `/v1/debug/state/${inUrl(component)}`
      const call = { operation: 'debugComponent', method: 'GET', path, writes: false, options } as const
      const answer = await transport.find(call)
      return answer === undefined ? undefined : parseJson(answer, call)
    },
  }
}
