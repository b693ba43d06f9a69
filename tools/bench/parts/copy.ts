import { join } from 'node:path'
import { type AnyStore, type Backend, copy, openStore } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { redis } from '@switchyard/redis'
import { startRedis } from '@switchyard/services'
import { sqlite } from '@switchyard/sqlite'
import { createDatabase } from 'db0'
import nodeSqlite from 'db0/connectors/node-sqlite'
import { createStorage, restoreSnapshot, type Storage, snapshot } from 'unstorage'
import db0Driver from 'unstorage/drivers/db0'
import redisDriver from 'unstorage/drivers/redis'
import { COUNT, items } from '../data.ts'
import { COPY_GOALS } from '../goals.ts'
import type { Measured } from '../interleave.ts'
import type { Measurement } from '../measure.ts'
import { COPY } from '../names.ts'
import { report } from '../report.ts'
import {
  mapToSqlite,
  newClient,
  rawTable,
  redisToMap,
  redisToSqlite,
  sqliteToRedis,
  sqliteToRedisExpiring,
} from '../subjects/raw-copies.ts'
import { inTemporaryFolder } from './part.ts'

const ROUNDS = 5
/** What a peer copies, which takes it as long as all the rest. */
const PEER_COUNT = 20_000
const HOUR_MS = 3_600_000

/** Makes a copy that starts with an empty target; the time that matters is told by `timed`. */
type Copy = (timed: (work: () => unknown) => Promise<void>) => Promise<void>

export function copyPart(): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const server = await startRedis()
    try {
      return `## Copying\n\n${report(COPY.ours, await measureAll(folder, server.url), COPY_GOALS)}`
    } finally {
      await server.stop()
    }
  })
}

async function measureAll(folder: string, url: string): Promise<readonly Measurement[]> {
  let files = 0
  const newFile = (): string => join(folder, `${files++}.db`)
  /** The first holds what is copied, the second takes it. */
  const [from, to] = [`${url}/0`, `${url}/1`]
  const target = await newClient(to).connect()
  const emptied = async (): Promise<typeof target> => {
    await target.flushDb()
    return target
  }

  const ours = (source: AnyStore, open: () => Backend): Copy => {
    return async (timed) => {
      await emptied()
      const store = await openStore(open())
      await timed(() => copy(source, store))
      await store.close()
    }
  }

  const map = new Map(items.map(({ key, value }) => [key, JSON.stringify(value)]))
  const table = rawTable(newFile())
  mapToSqlite(map, table)
  const inMemory = await filled(memory())
  const inFile = await filled(sqlite({ path: newFile() }))
  const expiring = await filled(sqlite({ path: newFile() }), Date.now() + HOUR_MS)

  const measurements = [
    await race('memory to sqlite', {
      [COPY.ours]: ours(inMemory, () => sqlite({ path: newFile() })),
      [COPY.raw]: (timed) => withTable(newFile(), (empty) => timed(() => mapToSqlite(map, empty))),
    }),
    await race('sqlite to redis', {
      [COPY.ours]: ours(inFile, () => redis({ url: to })),
      [COPY.raw]: async (timed) => {
        const empty = await emptied()
        await timed(() => sqliteToRedis(table, empty))
      },
      [COPY.unstorage]: await unstorageToRedis(newFile(), to, emptied),
    }),
    await race('sqlite to redis, with expiry', {
      [COPY.ours]: ours(expiring, () => redis({ url: to })),
      [COPY.raw]: async (timed) => {
        const empty = await emptied()
        await timed(() => sqliteToRedisExpiring(table, empty))
      },
    }),
  ]

  const inRedis = await filled(redis({ url: from }))
  const raw = await newClient(`${url}/2`).connect()
  await sqliteToRedis(table, raw)
  measurements.push(
    await race('redis to memory', {
      [COPY.ours]: ours(inRedis, memory),
      [COPY.raw]: (timed) => timed(() => redisToMap(raw, new Map())),
    }),
    await race('redis to sqlite', {
      [COPY.ours]: ours(inRedis, () => sqlite({ path: newFile() })),
      [COPY.raw]: (timed) => withTable(newFile(), (empty) => timed(() => redisToSqlite(raw, empty))),
      [COPY.unstorage]: await unstorageToSqlite(`${url}/3`, newFile),
    }),
  )

  for (const store of [inMemory, inFile, expiring, inRedis]) await store.close()
  for (const client of [raw, target]) client.destroy()
  table.close()
  return measurements
}

/** Entries per second of each copy, which take turns. */
async function race(operation: string, copies: Readonly<Record<string, Copy>>): Promise<Measurement> {
  const rates = new Map<string, number[]>()
  for (let round = -1; round < ROUNDS; round++) {
    for (const [subject, make] of Object.entries(copies)) {
      await make(async (work) => {
        const started = performance.now()
        await work()
        const count = subject === COPY.unstorage ? PEER_COUNT : COUNT
        const rate = (count * 1000) / (performance.now() - started)
        if (round >= 0) rates.set(subject, [...(rates.get(subject) ?? []), rate])
      })
    }
  }
  const measured = Array.from(rates, ([subject, all]): Measured => ({ subject, rates: all }))
  return { operation, measured }
}

async function filled(backend: Backend, expiresAt?: number): Promise<AnyStore> {
  const store = await openStore(backend)
  for (let i = 0; i < COUNT; i += 1000) {
    const operations = items.slice(i, i + 1000).map(({ key, value }, j) => {
      const entry = { value: Buffer.from(JSON.stringify(value)), version: `0123456789abcdef${i + j}` }
      return { op: 'set', key, entry: expiresAt === undefined ? entry : { ...entry, expiresAt } } as const
    })
    await store.write({ operations })
  }
  return store
}

async function withTable(
  path: string,
  work: (table: ReturnType<typeof rawTable>) => Promise<void>,
): Promise<void> {
  const table = rawTable(path)
  await work(table)
  table.close()
}

function sqliteStorage(path: string): Storage {
  return createStorage({ driver: db0Driver({ database: createDatabase(nodeSqlite({ path })) }) })
}

const peerItems = items.slice(0, PEER_COUNT).map(({ key, value }) => ({ key, value: JSON.stringify(value) }))

async function unstorageToRedis(path: string, url: string, empty: () => Promise<unknown>): Promise<Copy> {
  const source = sqliteStorage(path)
  await source.setItems([...peerItems])
  return async (timed) => {
    await empty()
    const storage = createStorage({ driver: redisDriver({ url }) })
    await timed(async () => restoreSnapshot(storage, await snapshot(source, '')))
    await storage.dispose()
  }
}

async function unstorageToSqlite(url: string, newFile: () => string): Promise<Copy> {
  const fill = createStorage({ driver: redisDriver({ url }) })
  await fill.setItems([...peerItems])
  await fill.dispose()
  return async (timed) => {
    const source = createStorage({ driver: redisDriver({ url }) })
    const storage = sqliteStorage(newFile())
    await timed(async () => restoreSnapshot(storage, await snapshot(source, '')))
    await storage.dispose()
    await source.dispose()
  }
}
