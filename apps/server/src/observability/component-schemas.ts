import { backend } from '../routes/backends.ts'
import { status as switchStatus } from '../routes/switches.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { RUNNING_PHASES } from './switch-phases.ts'

const text: JsonSchema = { type: 'string' }
const count: JsonSchema = { type: 'integer' }
const ms: JsonSchema = { type: ['number', 'null'] }

const recent = {
  perSecond: { type: 'number', description: 'Of the last 10 seconds.' },
  latencyMs: {
    ...record({ p50: ms, p95: ms, p99: ms }),
    description: 'Of the last 10 seconds; null: there was nothing. At most 12.5% above the true figure.',
  },
}

/** The components that every server has. */
export const componentSchemas: Readonly<Record<string, JsonSchema>> = {
  build: record({
    version: text,
    commit: { type: ['string', 'null'], description: 'Null: the build was not told.' },
    node: text,
  }),
  backends: record({
    active: text,
    backends: listOf({
      ...backend,
      required: ['name', 'plugin', 'active', 'open', 'capabilities'],
      description: 'Without `health` for a backend that is not open.',
    }),
  }),
  connections: record({ open: count, accepted: count, eventStreams: count }),
  requests: record({
    total: { ...count, description: 'Answered since the server was started; event streams are left out.' },
    errors: { ...count, description: 'Those of them with a status of 500 or more.' },
    inFlight: count,
    ...recent,
  }),
  operations: {
    description: 'By the name of the operation.',
    type: 'object',
    additionalProperties: record({ count, errors: count, ...recent }),
  },
  switch: record({
    phase: { enum: ['none', ...RUNNING_PHASES], description: 'Of the switch under way.' },
    latest: { oneOf: [switchStatus, { type: 'null' }], description: 'As `GET /v1/switch` gives it.' },
    restoring: {
      type: ['integer', 'null'],
      description:
        'When a restore was begun that has not ended, in Unix ms. If none is under way, there may be a part only of it: restore again.',
    },
  }),
  locks: record({
    locks: listOf(
      record({ file: text, pid: count, lockedAt: { ...count, description: 'Unix time in milliseconds.' } }),
      { description: 'The files that this process holds, so that no other does.' },
    ),
  }),
  config: {
    type: 'object',
    properties: {
      server: { type: 'object', additionalProperties: true },
      limits: { type: 'object', additionalProperties: true },
      audit: { type: 'object', additionalProperties: true },
      access: { type: 'object', description: 'Without the hashes of the tokens.' },
      state: { type: 'object', description: 'Without the options of the backends.' },
      dataDir: text,
      encryptsBackups: { type: 'boolean' },
    },
    required: ['server', 'limits', 'audit', 'access', 'state', 'dataDir', 'encryptsBackups'],
  },
}
