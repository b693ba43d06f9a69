import { COPY, DURABLE, FILE, HTTP, MEMORY, REDIS, SQLITE } from './names.ts'

/** What the ratio of our rate to another's has to reach. */
export interface Goal {
  readonly operation: string
  readonly against: string
  readonly atLeast: number
}

/** The share of the ticks of a timer that have to come while the store is busy. */
export const TICKS_AT_LEAST = 0.8

export const MEMORY_GOALS: readonly Goal[] = [
  ...against(MEMORY.map, { ...scattered('get', 0.25), 'get, absent': 0.8 }),
  ...against(MEMORY.keyv, { ...scattered('get', 2.5), ...scattered('set', 1.5) }),
  ...against(MEMORY.unstorage, scattered('get', 1.3)),
]

export const SQLITE_GOALS: readonly Goal[] = [
  ...against(SQLITE.raw, {
    'get c1': 0.8,
    'set c1': 0.8,
    ...scattered('get c64', 0.8),
    ...scattered('set c64', 0.8),
    'getMany(100)': 0.9,
    scan: 0.7,
    'list 100': 0.7,
    'list 1,000': 0.7,
  }),
  ...against(SQLITE.keyv6, { ...peer(4, 1.5), 'getMany(100)': 2 }),
  ...against(SQLITE.keyv4, { ...peer(8, 2), 'getMany(100)': 2 }),
  ...against(SQLITE.db0, { ...peer(3, 1.5), 'getMany(100)': 4 }),
]

export const DURABLE_GOALS: readonly Goal[] = [
  ...against(DURABLE.each, { 'set c64': 5 }),
  ...against(DURABLE.keyv6, { 'set c64': 5 }),
]

export const FILE_GOALS: readonly Goal[] = [
  ...against(FILE.sqliteFull, { 'set c64': 1.3, 'set c512': 3 }),
  ...against(FILE.unstorage, { 'set c64': 10 }),
]

export const REDIS_GOALS: readonly Goal[] = [
  ...against(REDIS.raw, {
    'get c1': 0.9,
    'get c64': 1.5,
    'set c1': 0.9,
    'set c64': 1.3,
    'getMany(100)': 0.9,
    'setMany(100)': 0.9,
  }),
  ...against(REDIS.keyv, { 'get c64': 2, 'set c64': 3, 'getMany(100)': 2, 'setMany(100)': 4 }),
  ...against(REDIS.unstorage, { 'get c64': 2.5, 'set c64': 2 }),
]

export const COPY_GOALS: readonly Goal[] = [
  ...against(COPY.raw, {
    'memory to sqlite': 0.7,
    'sqlite to redis': 0.7,
    'sqlite to redis, with expiry': 0.7,
    'redis to memory': 0.7,
    'redis to sqlite': 0.7,
  }),
  ...against(COPY.unstorage, { 'sqlite to redis': 10, 'redis to sqlite': 4 }),
]

function peer(get: number, set: number): Readonly<Record<string, number>> {
  return {
    'get c1': get,
    'set c1': set,
    ...scattered('get c64', get),
    ...scattered('set c64', set),
    'list 100': 100,
    'list 1,000': 100,
  }
}

/** The same goal for keys in their order and for scattered ones. */
function scattered(operation: string, atLeast: number): Readonly<Record<string, number>> {
  return { [operation]: atLeast, [`${operation}, scattered`]: atLeast }
}

function against(subject: string, ratios: Readonly<Record<string, number>>): Goal[] {
  return Object.entries(ratios).map(([operation, atLeast]) => ({ operation, against: subject, atLeast }))
}

/** How long operations may wait for a switch. */
export const PAUSE_AT_MOST_MS = 250
/** Operations while a switch is made, of those without one. */
export const THROUGHPUT_AT_LEAST = 0.7

export const HTTP_GOALS: readonly Goal[] = against(HTTP.fastify, { 'GET c64': 0.8 })
/** Events a second to a thousand readers, each counted once for each of them. */
export const EVENTS_AT_LEAST = 150_000
/** The 99th percentile while there are slow and hostile clients, of that without them. */
export const P99_AT_MOST = 2
