import { isIP } from 'node:net'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isStateError, parseTtl, type Ttl } from '@switchyard/core'
import * as v from 'valibot'
import { SCOPES } from '../access/principal.ts'
import { DEFAULT_ACCESS, isInstant } from '../access/settings.ts'
import { DEFAULT_AUDIT } from '../audit/audit.ts'
import { DEFAULT_LIMITS } from '../limits/settings.ts'
import type { FileConfig } from './file-config.ts'
import { DEFAULT_SERVER, type ServerSettings } from './settings.ts'

/** An object with these fields and no others. */
export function fields<const Entries extends v.ObjectEntries>(
  given: Entries,
): v.GenericSchema<unknown, v.InferOutput<v.StrictObjectSchema<Entries, undefined>>> {
  // Without a prototype, so that `constructor` is no known field.
  const entries: Entries = Object.assign(Object.create(null), given)
  return v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), 'expected fields, got a list'),
    v.strictObject(entries, (issue) =>
      issue.expected === 'never' ? `not a field; allowed: ${Object.keys(entries).join(', ')}` : issue.message,
    ),
  )
}

export const count = (min: number, max: number = Number.MAX_SAFE_INTEGER): v.GenericSchema<number> =>
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

/** A connection on which nothing moves for two minutes is cut, and one heartbeat may be late. */
const MAX_HEARTBEAT_MS = 60_000

const heartbeat = v.pipe(
  duration,
  v.check(
    (value) => parseTtl(value) <= MAX_HEARTBEAT_MS,
    ({ input }) => `expected "1m" at the most, got ${JSON.stringify(input)}`,
  ),
)

export const cleanupInterval: v.GenericSchema<Ttl | false> = v.custom<Ttl | false>(
  (value) => value === false || isDuration(value),
  ({ input }) =>
    `expected false, or milliseconds above 0 or text such as "30s" or "5m", got ${JSON.stringify(input)}`,
)

export const logLevel: v.GenericSchema<ServerSettings['logLevel']> = v.picklist([
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
])

const text = v.pipe(v.string(), v.minLength(1, 'expected text, got ""'))

const network = v.pipe(
  v.string(),
  v.check(
    (value) => isNetwork(value),
    ({ input }) => `expected an address or a network such as "10.0.0.0/8", got ${JSON.stringify(input)}`,
  ),
)

function isNetwork(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

const server = fields({
  host: v.optional(text, DEFAULT_SERVER.host),
  port: v.optional(count(0, 65_535), DEFAULT_SERVER.port),
  bodyLimit: v.optional(count(1, 268_435_456), DEFAULT_SERVER.bodyLimit),
  requestTimeout: v.optional(duration, DEFAULT_SERVER.requestTimeout),
  keepAliveTimeout: v.optional(duration, DEFAULT_SERVER.keepAliveTimeout),
  trustedProxies: v.optional(v.array(network), [...DEFAULT_SERVER.trustedProxies]),
  heartbeatInterval: v.optional(heartbeat, DEFAULT_SERVER.heartbeatInterval),
  eventHistory: v.optional(count(1, 10_000_000), DEFAULT_SERVER.eventHistory),
  maxEventStreams: v.optional(count(1), DEFAULT_SERVER.maxEventStreams),
  idempotencyWindow: v.optional(duration, DEFAULT_SERVER.idempotencyWindow),
  slowRequest: v.optional(duration, DEFAULT_SERVER.slowRequest),
  logLevel: v.optional(logLevel, DEFAULT_SERVER.logLevel),
})

const backend = fields({ plugin: text, options: v.exactOptional(v.unknown()) })

const state = fields({
  active: v.exactOptional(text),
  cleanupInterval: v.exactOptional(cleanupInterval),
  maxConcurrentOperations: v.exactOptional(count(1)),
  maxQueuedOperations: v.exactOptional(count(0)),
  backends: v.exactOptional(
    v.pipe(
      v.unknown(),
      v.check((value) => !Array.isArray(value), 'expected names with backends, got a list'),
      v.record(text, backend),
    ),
  ),
})

const instant = v.pipe(
  v.string(),
  v.check(
    (value) => isInstant(value),
    ({ input }) => `expected an instant such as "2027-01-01T00:00:00Z", got ${JSON.stringify(input)}`,
  ),
)

const prefix = v.pipe(
  v.string(),
  v.check((value) => value.isWellFormed() && !value.includes('\0'), 'expected the start of keys'),
)

const token = fields({
  name: text,
  hash: v.pipe(
    v.string(),
    // What stands there may be the token itself: it is not repeated.
    v.regex(
      /^sha256:[0-9a-f]{64}$/,
      "expected 'sha256:' and 64 hexadecimal digits; see 'switchyard-server token'",
    ),
  ),
  scopes: v.pipe(v.array(v.picklist(SCOPES)), v.minLength(1, `expected some of: ${SCOPES.join(', ')}`)),
  prefixes: v.exactOptional(
    v.pipe(v.array(prefix), v.minLength(1, 'expected prefixes; leave it out for every key')),
  ),
  expires: v.exactOptional(instant),
})

const access = fields({
  tokens: v.optional(
    v.pipe(
      v.array(token),
      v.check(
        (tokens) => new Set(tokens.map(({ hash }) => hash)).size === tokens.length,
        'a token stands there twice',
      ),
    ),
    [],
  ),
  sessionIdle: v.optional(duration, DEFAULT_ACCESS.sessionIdle),
  sessionLifetime: v.optional(duration, DEFAULT_ACCESS.sessionLifetime),
})

const audit = fields({
  data: v.optional(v.boolean(), DEFAULT_AUDIT.data),
  hashKeys: v.optional(v.boolean(), DEFAULT_AUDIT.hashKeys),
})

const perSecond = v.pipe(
  v.number(),
  v.check(
    (value) => value > 0 && value <= 1_000_000,
    ({ input }) => `expected a number above 0, to 1000000, got ${input}`,
  ),
)

const limits = fields({
  maxConnections: v.optional(count(1), DEFAULT_LIMITS.maxConnections),
  maxConnectionsPerAddress: v.exactOptional(count(1)),
  maxRequestsPerConnection: v.exactOptional(count(1)),
  maxEventStreamsPerToken: v.optional(count(1), DEFAULT_LIMITS.maxEventStreamsPerToken),
  rate: v.exactOptional(fields({ requestsPerSecond: perSecond, burst: count(1, 1_000_000) })),
  quota: v.exactOptional(fields({ requests: count(1, 1_000_000_000), per: duration })),
})

/** A configuration file: YAML or JSON of this shape. */
export const fileSchema: StandardSchemaV1<unknown, FileConfig> = fields({
  server: v.optional(server, {}),
  limits: v.optional(limits, {}),
  state: v.optional(state, {}),
  access: v.optional(access, {}),
  audit: v.optional(audit, {}),
})
