import type { Ttl } from '@switchyard/core'

/** Requests that each token may send: so many a second for long, and so many at once. */
export interface RateSettings {
  readonly requestsPerSecond: number
  readonly burst: number
}

/** Requests that each token may send in any time of that length. */
export interface QuotaSettings {
  readonly requests: number
  readonly per: Ttl
}

/** How much the server takes on; `limits` in the configuration file. */
export interface LimitSettings {
  /** One more is closed as soon as it is opened. */
  readonly maxConnections: number
  /** Of one address. Default: no other limit. */
  readonly maxConnectionsPerAddress?: number
  /** After so many requests a connection is closed, so that clients spread anew. Default: never. */
  readonly maxRequestsPerConnection?: number
  /** Event streams that the tokens of one name may have open, of `server.maxEventStreams`. */
  readonly maxEventStreamsPerToken: number
  /** Default: none. */
  readonly rate?: RateSettings
  /** Default: none. */
  readonly quota?: QuotaSettings
}

export const DEFAULT_LIMITS: LimitSettings = {
  maxConnections: 10_000,
  maxEventStreamsPerToken: 100,
}
