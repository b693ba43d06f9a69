import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isStateError, parseTtl, type Ttl } from '@switchyard/core'
import * as v from 'valibot'
import { DEFAULT_SERVER, type ServerSettings, type StateSettings } from './settings.ts'

export interface BackendConfig {
  /** A package, or a file such as './backend.js'; '#name' behind it picks one of several exports. */
  readonly plugin: string
  readonly options?: unknown
}

export interface FileConfig {
  readonly server: ServerSettings
  readonly state: Partial<Omit<StateSettings, 'backends'>> & {
    readonly backends?: Readonly<Record<string, BackendConfig>>
  }
}

/** An object with these fields and no others. */
function fields<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), 'expected fields, got a list'),
    v.strictObject(entries, (issue) =>
      issue.expected === 'never' ? `not a field; allowed: ${Object.keys(entries).join(', ')}` : issue.message,
    ),
  )
}

const count = (min: number, max: number = Number.MAX_SAFE_INTEGER) =>
  v.pipe(
    v.number(),
    v.check(
      (value) => Number.isSafeInteger(value) && value >= min && value <= max,
      ({ input }) =>
        `expected a whole number ${max < Number.MAX_SAFE_INTEGER ? `from ${min} to ${max}` : `from ${min} on`}, got ${input}`,
    ),
  )

const LONGEST_TIMER_MS = 2_147_483_647

const duration = v.custom<Ttl>(
  (value) => isDuration(value),
  ({ input }) => `expected milliseconds above 0 or text such as "30s" or "5m", got ${JSON.stringify(input)}`,
)

function isDuration(value: unknown): boolean {
  try {
    return parseTtl(value as Ttl) <= LONGEST_TIMER_MS
  } catch (error) {
    if (isStateError(error, 'INVALID_TTL')) return false
    throw error
  }
}

const text = v.pipe(v.string(), v.minLength(1, 'expected text, got ""'))

const server = fields({
  host: v.optional(text, DEFAULT_SERVER.host),
  port: v.optional(count(0, 65_535), DEFAULT_SERVER.port),
  bodyLimit: v.optional(count(1, 268_435_456), DEFAULT_SERVER.bodyLimit),
  requestTimeout: v.optional(duration, DEFAULT_SERVER.requestTimeout),
  keepAliveTimeout: v.optional(duration, DEFAULT_SERVER.keepAliveTimeout),
  heartbeatInterval: v.optional(duration, DEFAULT_SERVER.heartbeatInterval),
  eventHistory: v.optional(count(1, 10_000_000), DEFAULT_SERVER.eventHistory),
  maxEventStreams: v.optional(count(1), DEFAULT_SERVER.maxEventStreams),
  logLevel: v.optional(
    v.picklist(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    DEFAULT_SERVER.logLevel,
  ),
})

const backend = fields({ plugin: text, options: v.exactOptional(v.unknown()) })

const state = fields({
  active: v.exactOptional(text),
  cleanupInterval: v.exactOptional(v.union([v.literal(false), duration])),
  maxConcurrentOperations: v.exactOptional(count(1)),
  backends: v.exactOptional(
    v.pipe(
      v.unknown(),
      v.check((value) => !Array.isArray(value), 'expected names with backends, got a list'),
      v.record(text, backend),
    ),
  ),
})

/** A configuration file: YAML or JSON of this shape. */
export const fileSchema: StandardSchemaV1<unknown, FileConfig> = fields({
  server: v.optional(server, {}),
  state: v.optional(state, {}),
})
