import type KeyvRedis from '@keyv/redis'
import type { RedisClientConnectionType, RedisClientOptions, RedisClusterOptions } from '@keyv/redis'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'

export interface RedisSentinelOptions {
  /** What the Sentinels call the master. */
  readonly name: string
  /** The Sentinels, asked in turn. */
  readonly sentinelRootNodes: readonly RedisNode[]
  /** Options of node-redis for the master, such as user and password. */
  readonly nodeClientOptions?: RedisClientOptions | undefined
  /** Options of node-redis for the Sentinels. */
  readonly sentinelClientOptions?: RedisClientOptions | undefined
  /** Where to connect to for an address 'host:port' that a Sentinel gives. */
  readonly nodeAddressMap?: Readonly<Record<string, RedisNode>> | undefined
}

export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface RedisOptions {
  /** A single server: `redis://` or `rediss://`, with user, password and database number where needed. */
  readonly url?: string | undefined
  /** Options of node-redis for a single server, such as `socket` for TLS; may stand beside `url`. */
  readonly connection?: Omit<RedisClientOptions, 'url'> | undefined
  /** Options of node-redis for Redis Cluster: `rootNodes`, `defaults`. */
  readonly cluster?: RedisClusterOptions | undefined
  /** The master that Sentinels watch. */
  readonly sentinel?: RedisSentinelOptions | undefined
  /** A client or cluster of node-redis, or a KeyvRedis. It is connected if it is not, and never closed: it is yours. */
  readonly client?: RedisClientConnectionType | KeyvRedis<unknown> | undefined
  /**
   * What the names of all keys in Redis start with, without `{` and `}`; two prefixes are two separate states.
   * Default 'switchyard', and '' with `layout: 'plain'`, where it is put before the key as it is.
   */
  readonly prefix?: string | undefined
  /**
   * 'striped': entries with their version and expiry in one string, in stripes that a cluster can spread.
   * 'plain': values as other programs read and write them. Default 'striped'.
   */
  readonly layout?: 'striped' | 'plain' | undefined
  /** How long opening waits for the server before it fails with `UNAVAILABLE`. Default 5000. */
  readonly connectTimeoutMs?: number | undefined
}

const ALLOWED = 'allowed: url, connection, cluster, sentinel, client, prefix, layout, connectTimeoutMs'
const SERVERS = ['cluster', 'sentinel', 'client'] as const

const url = v.pipe(
  v.string(),
  v.check(
    (text) => /^rediss?:$/.test(URL.parse(text)?.protocol ?? ''),
    'not a URL such as redis://127.0.0.1:6379',
  ),
)

const nodes = v.pipe(v.array(v.looseObject({})), v.nonEmpty('name a node at least'))

const client = v.custom<NonNullable<RedisOptions['client']>>((given) => {
  const client = Object(given).getClient === undefined ? Object(given) : Object(given).client
  return typeof client.connect === 'function' && client.getSentinelNode === undefined
}, 'not a client or cluster of node-redis, nor a KeyvRedis; for Sentinel give its options')

export const redisOptions: StandardSchemaV1<unknown, RedisOptions> = v.pipe(
  v.strictObject(
    {
      url: v.optional(url),
      connection: v.optional(v.looseObject({})),
      cluster: v.optional(v.looseObject({ rootNodes: nodes })),
      sentinel: v.optional(v.looseObject({ name: v.string(), sentinelRootNodes: nodes })),
      client: v.optional(client),
      prefix: v.optional(
        v.pipe(v.string(), v.maxBytes(256), v.regex(/^[^{}\0]*$/, "must not contain '{', '}' or NUL")),
      ),
      layout: v.optional(v.picklist(['striped', 'plain'])),
      connectTimeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    },
    (issue) => (issue.expected === 'never' ? `not an option; ${ALLOWED}` : issue.message),
  ),
  v.check((options) => {
    const single = options.url !== undefined || options.connection !== undefined
    return SERVERS.filter((name) => options[name] !== undefined).length + Number(single) === 1
  }, 'give one of url (or connection), cluster, sentinel and client'),
  v.check(
    (options) => options.layout !== 'plain' || !isCluster(options as RedisOptions),
    "layout 'plain' needs a single server or Sentinel: in a cluster, keys that are not in stripes cannot be written together",
  ),
) as StandardSchemaV1<unknown, RedisOptions>

/** The client inside a KeyvRedis, or the client itself. */
export function clientOf(given: NonNullable<RedisOptions['client']>): RedisClientConnectionType {
  return ('getClient' in given ? given.client : given) as RedisClientConnectionType
}

export function isCluster({ cluster, client }: RedisOptions): boolean {
  return cluster !== undefined || (client !== undefined && 'slots' in clientOf(client))
}
