import type { Backend, Ttl } from '@switchyard/core'

/** How the server serves; `server` in the configuration file. Times are in ms or have a unit. */
export interface ServerSettings {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Bytes of a request body at the most. */
  readonly bodyLimit: number
  /** A request has to arrive within this time. */
  readonly requestTimeout: Ttl
  /** How long a connection may be idle between two requests. */
  readonly keepAliveTimeout: Ttl
  /** How often a quiet event stream shows that it is alive. */
  readonly heartbeatInterval: Ttl
  /** Changes that a reader of events can catch up with. */
  readonly eventHistory: number
  readonly maxEventStreams: number
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** What the server keeps its state in; `state` in the configuration file, with its plugins loaded. */
export interface StateSettings {
  readonly active: string
  readonly backends: Readonly<Record<string, Backend>>
  readonly cleanupInterval?: Ttl | false
  readonly maxConcurrentOperations?: number
}

export interface ServerConfig {
  readonly server: ServerSettings
  readonly state: StateSettings
  /** Where relative paths start; what the server keeps for itself is there as well. */
  readonly dataDir: string
  /** Encrypts backups. */
  readonly backupKey?: string
}

export const DEFAULT_SERVER: ServerSettings = {
  host: '127.0.0.1',
  port: 7373,
  bodyLimit: 1_048_576,
  requestTimeout: '30s',
  keepAliveTimeout: '65s',
  heartbeatInterval: '15s',
  eventHistory: 10_000,
  maxEventStreams: 1000,
  logLevel: 'info',
}
