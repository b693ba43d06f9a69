import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Capabilities } from '@switchyard/core'
import * as v from 'valibot'
import { wrongUrl } from '../options.ts'

/** What of a server's backend can be counted on. */
export type RemoteCapabilities = Pick<
  Capabilities,
  'transactions' | 'durable' | 'ordered' | 'maxKeyBytes' | 'maxValueBytes'
>

export interface RemoteOptions {
  /** Of the server: `http://127.0.0.1:7373`, or a path below which a proxy has it. */
  readonly url: string
  /**
   * Of the server, sent as `Authorization: Bearer`: one of every key with the scope `admin`, and `list` for `stats`. A server
   * without tokens needs none.
   */
  readonly token?: string | undefined
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** How long a request may take, repetitions included. Default 30,000. */
  readonly timeoutMs?: number | undefined
  /** How often a request is repeated that was certainly not applied, or changes nothing. Default 2. */
  readonly retries?: number | undefined
  /**
   * What the server's backend does not do, or not so much of. Opening is refused where it does even less. Default:
   * transactions, durable, ordered; keys of 1,024 bytes, values of 16 MiB.
   */
  readonly capabilities?:
    | { readonly [Name in keyof RemoteCapabilities]?: RemoteCapabilities[Name] | undefined }
    | undefined
}

/** The server takes no larger ones. */
export const MAX_VALUE_BYTES = 16_777_216
export const MAX_KEY_BYTES = 1024

const ALLOWED = 'allowed: url, token, headers, timeoutMs, retries, capabilities'
const flag = v.optional(v.boolean())
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

const url = v.pipe(
  v.string(),
  v.check(
    (text) => wrongUrl(text) === undefined,
    ({ input }) => wrongUrl(input) as string,
  ),
)

export const remoteOptions: StandardSchemaV1<unknown, RemoteOptions> = v.strictObject(
  {
    url,
    token: v.optional(v.string()),
    headers: v.optional(v.record(v.string(), v.string())),
    timeoutMs: v.optional(v.pipe(v.number(), v.gtValue(0))),
    retries: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    capabilities: v.optional(
      v.strictObject({
        transactions: flag,
        durable: flag,
        ordered: flag,
        maxKeyBytes: v.optional(v.pipe(count, v.maxValue(MAX_KEY_BYTES))),
        maxValueBytes: v.optional(v.pipe(count, v.maxValue(MAX_VALUE_BYTES))),
      }),
    ),
  },
  (issue) => (issue.expected === 'never' ? `not an option; ${ALLOWED}` : issue.message),
)
