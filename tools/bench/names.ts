/** The names of the subjects, as the tables show them and the goals refer to them. */
export const MEMORY = {
  map: 'Map, by reference',
  jsonMap: 'Map of JSON',
  ours: '@switchyard/memory',
  keyv: 'keyv 6 (JSON)',
  unstorage: 'unstorage memory',
  cacheManager: 'cache-manager 7',
} as const

export const SQLITE = {
  raw: 'raw node:sqlite',
  ours: '@switchyard/sqlite',
  keyv6: '@keyv/sqlite 6 beta',
  keyv4: '@keyv/sqlite 4',
  db0: 'unstorage db0',
} as const

export const DURABLE = {
  each: 'raw, a transaction each',
  group: 'raw, group commit',
  ours: "@switchyard/sqlite, 'full'",
  keyv6: '@keyv/sqlite 6 beta',
} as const

export const REDIS = {
  raw: 'node-redis 6',
  client5: 'node-redis 5',
  ours: '@switchyard/redis',
  ioredis: 'ioredis 6, auto-pipelining',
  keyv: '@keyv/redis 5',
  unstorage: 'unstorage redis',
} as const

export const REDIS_BENCHMARK = {
  single: 'redis-benchmark -c 50 -P 1',
  pipelined: 'redis-benchmark -c 50 -P 64',
} as const

export const FILE = {
  group: "@switchyard/file, 'group'",
  none: "@switchyard/file, 'none'",
  sqliteFull: "@switchyard/sqlite, 'full'",
  rawGroup: 'raw SQLite FULL, group commit',
  unstorage: 'unstorage fs (no sync)',
  keyvFile: 'keyv-file 5 (no sync)',
} as const

export const COPY = {
  ours: 'copy()',
  raw: 'raw, keys and texts only',
  unstorage: 'unstorage snapshot and restore',
} as const

export const HTTP = {
  ours: '@switchyard/server',
  fastify: 'fastify, a bare handler',
  node: 'node:http, a bare handler',
} as const
