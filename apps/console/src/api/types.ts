// The server's documents, as far as the console reads them; `/openapi.json` has all of them.

export interface Capabilities {
  readonly ttl: 'native' | 'lazy'
  readonly atomicity: 'store' | 'process'
  readonly transactions: boolean
  readonly durable: boolean
  readonly shared: boolean
  readonly ordered: boolean
  readonly watch: boolean
  readonly optimize: boolean
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
}

export interface Health {
  readonly healthy: boolean
  readonly reason?: string
}

export interface Backend {
  readonly name: string
  readonly plugin: string
  readonly active: boolean
  readonly capabilities: Capabilities
  readonly health: Health
}

export interface Backends {
  readonly active: string
  readonly backends: readonly Backend[]
}

export interface StorageStats {
  readonly backend: string
  readonly keys: number
  readonly bytes: number
  readonly expired: number
  readonly detail?: Readonly<Record<string, string | number | boolean>>
}

export interface SwitchPlan {
  readonly from: string
  readonly to: string
  readonly keys: number
  readonly bytes: number
  readonly problems: readonly { readonly key: string; readonly reason: string }[]
  readonly losses: readonly string[]
  readonly obstacles: readonly string[]
  readonly estimatedMs: number
}

/** Of a switch in the run of the server before this one there are no figures. */
export interface SwitchStatus {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly phase:
    | 'preparing'
    | 'copying'
    | 'catching-up'
    | 'verifying'
    | 'cutting-over'
    | 'done'
    | 'aborted'
    | 'failed'
  readonly copied?: number
  readonly total?: number
  readonly verified?: number
  readonly dirty?: number
  readonly rate?: number
  readonly etaMs?: number
  readonly pauseMs?: number
  readonly attempts?: number
  readonly repaired?: number
  readonly error?: { readonly code: string; readonly detail: string }
}

/** Of late; null where nothing happened. */
export interface Latencies {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** Requests, as the server counts them. */
export interface RequestFigures {
  readonly total: number
  readonly errors: number
  readonly inFlight: number
  readonly perSecond: number
  readonly latencyMs: Latencies
}

export interface OperationFigures {
  readonly count: number
  readonly errors: number
  readonly perSecond: number
  readonly latencyMs: Latencies
}

export interface BackupFile {
  readonly name: string
  readonly bytes: number
  readonly createdAt: number
}

export interface AuditEntry {
  readonly id: string
  /** Unix ms. */
  readonly at: number
  readonly actor: string
  readonly address?: string
  readonly action: string
  readonly detail: Readonly<Record<string, unknown>>
  /** 'begun', 'done', 'allowed' or the code of a problem. */
  readonly outcome: string
}

/** What can be changed while the server runs. */
export interface Settings {
  readonly logLevel: string
  readonly maintenance: { readonly enabled: boolean; readonly retryAfter: number }
  readonly rateLimitMultiplier: number
  readonly features: Readonly<Record<string, boolean>>
  readonly cleanupInterval: string | number | false
  readonly custom: unknown
}

export interface ConfigSnapshot {
  readonly version: string
  readonly settings: Settings
}
