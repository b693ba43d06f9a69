import type { Backend, Ttl } from '@switchyard/core'
import type { AccessSettings } from '../access/settings.ts'
import type { AuditSettings } from '../audit/audit.ts'
import type { LimitSettings } from '../limits/settings.ts'
import type { ConfigOrigin } from './origin.ts'

/** How the server serves; `server` in the configuration file. Times are in ms or have a unit. */
export interface ServerSettings {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Addresses or networks of proxies whose X-Forwarded-For, -Proto and -Host are believed. */
  readonly trustedProxies: readonly string[]
  /** Bytes of a request body at the most. */
  readonly bodyLimit: number
  /** A request has to arrive within this time. */
  readonly requestTimeout: Ttl
  /** How long a connection may be idle between two requests. */
  readonly keepAliveTimeout: Ttl
  /** How often a quiet event stream shows that it is alive: every minute at least. */
  readonly heartbeatInterval: Ttl
  /** Changes that a reader of events can catch up with. */
  readonly eventHistory: number
  readonly maxEventStreams: number
  /** How long the answer to a request with an Idempotency-Key is kept. */
  readonly idempotencyWindow: Ttl
  /** A request that takes so long is logged as slow. */
  readonly slowRequest: Ttl
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** What the server keeps its state in; `state` in the configuration file, with its plugins loaded. */
export interface StateSettings {
  readonly active: string
  readonly backends: Readonly<Record<string, Backend>>
  readonly cleanupInterval?: Ttl | false
  readonly maxConcurrentOperations?: number
  readonly maxQueuedOperations?: number
}

export interface ServerConfig {
  readonly server: ServerSettings
  readonly state: StateSettings
  /** Default: {@link DEFAULT_LIMITS}. */
  readonly limits?: LimitSettings
  /** Where relative paths start; what the server keeps for itself is there as well. */
  readonly dataDir: string
  /** Default: no tokens, which is for loopback addresses only. */
  readonly access?: AccessSettings
  /** Default: only what administrators do. */
  readonly audit?: AuditSettings
  /** Encrypts backups. */
  readonly backupKey?: string
  /** Where it came from, if that is a file whose changes are to be followed. */
  readonly origin?: ConfigOrigin
}

/** What holds where a configuration says nothing else. */
export const DEFAULT_SERVER: ServerSettings = {
  host: '127.0.0.1',
  port: 7373,
  trustedProxies: [],
  bodyLimit: 1_048_576,
  requestTimeout: '30s',
  keepAliveTimeout: '65s',
  heartbeatInterval: '15s',
  eventHistory: 10_000,
  maxEventStreams: 1000,
  idempotencyWindow: '24h',
  slowRequest: '1s',
  logLevel: 'info',
}
