import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type {
  Checkable,
  Fenceable,
  Importable,
  PluginContext,
  Restartable,
  StateStore,
  Watchable,
} from '@switchyard/core'
import { writeAtomic, writeEach } from './batch.ts'
import { watchChanges } from './changes.ts'
import { type Connection, connect } from './connection.ts'
import { connectionName, endOthers } from './fence.ts'
import { createImport } from './import.ts'
import { plainLayout, stripedLayout } from './layout.ts'
import { createListing } from './listing.ts'
import type { RedisOptions } from './options.ts'
import { createReads } from './reads.ts'
import { applyPlain, applyStriped, readPlain } from './scripts.ts'
import {
  checkServers,
  checkVersion,
  evictionRisk,
  incarnationOf,
  serverInfo,
  usedBytes,
} from './server-info.ts'
import { createWrites } from './writes.ts'

/** Opens the store on a server that is there. */
export async function openRedisStore(
  options: RedisOptions,
  context: PluginContext,
): Promise<StateStore & Checkable & Fenceable & Restartable & Partial<Watchable & Importable>> {
  const connection = await connect(options, connectionName(prefixOf(options)), context.signal)
  try {
    await inspect(connection, context)
    return createRedisStore(connection, options, context)
  } catch (error) {
    await connection.close()
    throw error
  }
}

async function inspect(connection: Connection, { backend, logger }: PluginContext): Promise<void> {
  const servers = await serverInfo(connection)
  for (const server of servers) checkVersion(server)
  const risk = servers.map(evictionRisk).find((one) => one !== undefined)
  if (risk !== undefined) logger.warn(`Backend '${backend}': ${risk}`)
}

function createRedisStore(
  connection: Connection,
  options: RedisOptions,
  { clock, random }: PluginContext,
): StateStore & Checkable & Fenceable & Restartable & Partial<Watchable & Importable> {
  const isPlain = options.layout === 'plain'
  const prefix = prefixOf(options)
  const layout = isPlain ? plainLayout(prefix) : stripedLayout(prefix)
  const writer = Buffer.from(random(new Uint8Array(12))).toString('base64url')
  const script = isPlain ? applyPlain : applyStriped
  const reads = createReads(connection, layout, isPlain ? readPlain : undefined)
  const writes = createWrites({ connection, layout, script, writer })
  const listing = createListing(connection, layout, reads)
  const closing = new AbortController()
  let closed: Promise<void> | undefined

  async function close(): Promise<void> {
    closing.abort()
    // What was asked for in this turn goes out first.
    await nextTurn()
    await connection.close()
  }

  const store: StateStore & Checkable & Fenceable & Restartable = {
    get: (key) => reads.get(key),
    getMany: (keys) => reads.getMany(keys),
    list: (listOptions = {}) => listing.list(listOptions),
    set: (key, entry, { ifVersion } = {}) =>
      writes.applyOne({ op: 'set', key, entry }, ifVersion) as Promise<unknown> as Promise<void>,
    delete: async (key, { ifVersion } = {}) =>
      (await writes.applyOne({ op: 'delete', key }, ifVersion)) === 1,
    async write(batch) {
      const { operations, checks = [], atomic = false } = batch
      if (operations.length + checks.length === 0) return { results: [] }
      return {
        results: atomic
          ? await writeAtomic(batch, writes, layout)
          : await writeEach(operations, writes, layout, connection.isCluster),
      }
    },
    async stats() {
      let keys = 0
      let since = performance.now()
      for await (const page of listing.keys('')) {
        keys += page.length
        // Redis does nothing else while it looks for keys; as long again is for others.
        await sleep(performance.now() - since)
        since = performance.now()
      }
      return { keys, bytes: usedBytes(await serverInfo(connection)), expired: 0 }
    },
    cleanup: async () => ({ removed: 0 }),
    checkHealth: () => checkServers(connection, clock),
    incarnation: () => incarnationOf(connection),
    fence: () => endOthers(connection, connectionName(prefix)),
    close() {
      closed ??= close()
      return closed
    },
  }
  if (isPlain) return store
  return {
    ...store,
    // In a cluster one MSET would be many.
    ...(!connection.isCluster && { importMany: createImport(connection, layout, writes) }),
    watch: (watched, { signal } = {}) =>
      watchChanges({ connection, layout, writer, prefix: watched, signal, closing: closing.signal }),
  }
}

function prefixOf({ prefix, layout }: RedisOptions): string {
  return prefix ?? (layout === 'plain' ? '' : 'switchyard')
}
