import KeyvRedis, { createClient as createKeyvClient } from '@keyv/redis'
import { createState } from '@switchyard/core'
import { redis } from '@switchyard/redis'
import { Redis } from 'ioredis'
import { Keyv } from 'keyv-5'
import { createClient } from 'redis'
import { createStorage } from 'unstorage'
import redisDriver from 'unstorage/drivers/redis'
import { REDIS } from '../names.ts'
import type { Subject, Subjects } from './subject.ts'
import { switchyard } from './switchyard.ts'

/** All on one server, each in a database of its own. */
export async function redisSubjects(url: string): Promise<Subjects> {
  const database = (number: number): string => `${url}/${number}`
  const options = { url: database(2), prefix: 'bench' }
  return new Map<string, Subject>([
    [REDIS.raw, await nodeRedis(createClient({ url: database(0) }))],
    [REDIS.client5, await nodeRedis(createKeyvClient({ url: database(1) }))],
    [REDIS.ours, switchyard(await createState({ backends: { redis: redis(options) } }))],
    [REDIS.ioredis, ioredis(database(3))],
    [REDIS.keyv, keyvRedis(database(4))],
    [REDIS.unstorage, unstorageRedis(database(5))],
  ])
}

interface NodeRedis {
  connect(): Promise<unknown>
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<unknown>
  mGet(keys: string[]): Promise<(string | null)[]>
  mSet(items: [string, string][]): Promise<unknown>
  destroy(): void
}

/** The client called directly, with values as JSON. */
async function nodeRedis(client: unknown): Promise<Subject> {
  const redis = client as NodeRedis
  await redis.connect()
  return {
    get: async (key) => parsed(await redis.get(key)),
    set: (key, value) => redis.set(key, JSON.stringify(value)),
    getMany: async (keys) => (await redis.mGet(keys)).map(parsed),
    setMany: (items) => redis.mSet(items.map(({ key, value }) => [key, JSON.stringify(value)])),
    close: () => redis.destroy(),
  }
}

function ioredis(url: string): Subject {
  const client = new Redis(url, { enableAutoPipelining: true })
  return {
    get: async (key) => parsed(await client.get(key)),
    set: (key, value) => client.set(key, JSON.stringify(value)),
    getMany: async (keys) => (await client.mget(keys)).map(parsed),
    setMany: (items) => client.mset(items.flatMap(({ key, value }) => [key, JSON.stringify(value)])),
    close: () => client.disconnect(),
  }
}

function keyvRedis(url: string): Subject {
  const keyv = new Keyv({ store: new KeyvRedis(url) })
  return {
    get: (key) => keyv.get(key),
    set: (key, value) => keyv.set(key, value),
    getMany: (keys) => keyv.getMany(keys),
    setMany: (items) => keyv.setMany(items),
    close: () => keyv.disconnect(),
  }
}

function unstorageRedis(url: string): Subject {
  const storage = createStorage({ driver: redisDriver({ url }) })
  return {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    getMany: (keys) => storage.getItems(keys),
    setMany: (items) => storage.setItems([...items]),
    close: () => storage.dispose(),
  }
}

function parsed(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text)
}
