import { type Capabilities, definePlugin, type PluginFunction } from '@switchyard/core'
import { isCluster, type RedisOptions, redisOptions } from './options.ts'
import { openRedisStore } from './store.ts'

const striped: Capabilities = {
  ttl: 'native',
  atomicity: 'store',
  transactions: true,
  durable: true,
  shared: true,
  ordered: false,
  watch: true,
  optimize: false,
  maxKeyBytes: 1024,
  maxValueBytes: 268_435_456,
}

/** State in Redis: a single server, a cluster, or behind Sentinel. */
export const redis: PluginFunction<RedisOptions> = definePlugin({
  name: 'redis',
  capabilities: striped,
  capabilitiesFor(options) {
    // One script sees one slot of a cluster only, and a plain key may be written by who does not tell of it.
    if (isCluster(options)) return { ...striped, transactions: false }
    return options.layout === 'plain' ? { ...striped, watch: false } : striped
  },
  optionsSchema: redisOptions,
  open: openRedisStore,
})
