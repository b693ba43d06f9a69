import type { Ttl } from '@switchyard/core'
import * as v from 'valibot'
import { checked } from '../config/issues.ts'
import { cleanupInterval, count, fields, logLevel } from '../config/schema.ts'
import type { ServerConfig, ServerSettings } from '../config/settings.ts'

/** Any JSON. */
type Json = null | boolean | number | string | readonly Json[] | JsonObject

export interface JsonObject {
  readonly [name: string]: Json
}

/** What can be changed while the server runs. */
export interface RuntimeSettings {
  readonly logLevel: ServerSettings['logLevel']
  readonly maintenance: {
    /** Writes are refused; reads and administration go on. */
    readonly enabled: boolean
    /** Seconds after which a refused client may try again. */
    readonly retryAfter: number
  }
  /** Of every rate limit. */
  readonly rateLimitMultiplier: number
  readonly features: Readonly<Record<string, boolean>>
  /** How often expired entries are removed; `false`: only when asked to. */
  readonly cleanupInterval: Ttl | false
  /** What applications keep here for themselves. */
  readonly custom: JsonObject
}

const DEFAULT_CLEANUP_INTERVAL = '5m'
const MAX_RETRY_AFTER = 86_400
/** With 0 nobody could set it to anything else. */
const MIN_MULTIPLIER = 0.001
const MAX_MULTIPLIER = 1_000_000

/** What goes where nobody has patched anything. */
export function defaultsOf({ server, state }: Pick<ServerConfig, 'server' | 'state'>): RuntimeSettings {
  return {
    logLevel: server.logLevel,
    maintenance: { enabled: false, retryAfter: 30 },
    rateLimitMultiplier: 1,
    features: {},
    cleanupInterval: state.cleanupInterval ?? DEFAULT_CLEANUP_INTERVAL,
    custom: {},
  }
}

const multiplier = v.custom<number>(
  (value) => typeof value === 'number' && value >= MIN_MULTIPLIER && value <= MAX_MULTIPLIER,
  ({ input }) =>
    `expected a number from ${MIN_MULTIPLIER} to ${MAX_MULTIPLIER}, got ${JSON.stringify(input)}`,
)

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const object = v.custom<object>(isObject, ({ input }) => `expected an object, got ${JSON.stringify(input)}`)

/** Names such as `constructor` and `__proto__` are names like any other, and Valibot's records leave them out. */
const features = v.pipe(
  object,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const input = dataset.value
    for (const [key, value] of Object.entries(input)) {
      if (typeof value === 'boolean') continue
      const path = [{ type: 'unknown', origin: 'value', input, key, value }] as const
      addIssue({ message: `expected true or false, got ${JSON.stringify(value)}`, path: [...path] })
    }
  }),
)

const schema = fields({
  logLevel,
  maintenance: fields({ enabled: v.boolean(), retryAfter: count(1, MAX_RETRY_AFTER) }),
  rateLimitMultiplier: multiplier,
  features,
  cleanupInterval,
  custom: object,
})

/**
 * Settings that make sense.
 *
 * @throws ConfigError with a line for each that does not: its path, what is expected, and what is there.
 */
export function checkSettings(settings: unknown): RuntimeSettings {
  checked(schema, settings, '')
  return settings as RuntimeSettings
}
