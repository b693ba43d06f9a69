import type { RedisClientOptions } from '@keyv/redis'
import { StateError } from '@switchyard/core'
import { AS_BYTES, type Client, type Cluster, type Command, destroy, singleClient } from './client.ts'
import { clusterDial } from './cluster.ts'
import { isReply, redisError, unavailable } from './errors.ts'
import { type Link, openLink } from './link.ts'
import { ofEach } from './of-each.ts'
import { clientOf, type RedisOptions } from './options.ts'
import { checkMaster, masterDial } from './sentinel.ts'

const BYTES = { typeMapping: AS_BYTES }
const TEXT = { typeMapping: {} }
const DUPLICATE_TIMEOUT_MS = 5000

export interface SendOptions {
  /** Decides what a lost connection means. */
  readonly kind: 'read' | 'write'
  /** Strings in the reply as bytes. */
  readonly asBytes?: boolean
  /** About what is sent, if it is much. */
  readonly bytes?: number
}

type Usable<C extends Client | Cluster> = Pick<Link<C>, 'current' | 'use' | 'close'>

/** The way to Redis, whichever kind of it. */
export interface Connection {
  readonly isCluster: boolean
  /** Sends a command to the master that holds `name`. Rejects at once with `UNAVAILABLE` where there is none. */
  send(name: string, command: Command, options: SendOptions): Promise<unknown>
  /** A client for each master, for what is asked of every one of them. */
  masters(): Promise<readonly Client[]>
  /** A client of its own on any node, for subscriptions. End it with `destroy`. */
  subscriber(): Promise<Client>
  close(): Promise<void>
}

/** @param name what Redis knows the connections by over which entries are written, unless somebody else made them */
export async function connect(options: RedisOptions, name: string, signal: AbortSignal): Promise<Connection> {
  const { url, connection, cluster, sentinel, client, connectTimeoutMs = 5000 } = options
  if (client !== undefined) return foreign(clientOf(client) as Client | Cluster, connectTimeoutMs)
  if (cluster !== undefined) {
    const dial = clusterDial(cluster, name)
    return clusterConnection(await openLink({ dial, connectTimeoutMs, signal }))
  }
  if (sentinel !== undefined) {
    const dial = masterDial(sentinel, name)
    const link = await openLink({ dial, check: checkMaster, connectTimeoutMs, signal })
    return singleConnection(link, (error) => {
      // After a fail-over the old master may go on as a replica.
      if (error.message.startsWith('READONLY')) link.leave(error)
    })
  }
  const single = { ...connection, ...(url !== undefined && { url }) } as RedisClientOptions
  return singleConnection(
    await openLink({ dial: async () => singleClient(single, name), connectTimeoutMs, signal }),
  )
}

function singleConnection(link: Usable<Client>, onReply?: (error: Error) => void): Connection {
  return {
    isCluster: false,
    async send(_, command, { kind, asBytes, bytes }) {
      try {
        return await link.use((client) => client.sendCommand(command, replies(asBytes)), bytes)
      } catch (error) {
        if (isReply(error)) onReply?.(error)
        throw redisError(error, kind)
      }
    },
    masters: async () => [link.current()],
    subscriber: async () => duplicate(link.current()),
    close: () => link.close(),
  }
}

function clusterConnection(link: Usable<Cluster>): Connection {
  return {
    isCluster: true,
    async send(name, command, { kind, asBytes, bytes }) {
      try {
        return await link.use(
          (cluster) => cluster.sendCommand(name, false, command as (string | Buffer)[], replies(asBytes)),
          bytes,
        )
      } catch (error) {
        throw redisError(error, kind)
      }
    },
    async masters() {
      const cluster = link.current()
      return ofEach(
        cluster.masters,
        (node) => node.address,
        (node) => cluster.nodeClient(node),
      )
    },
    async subscriber() {
      const [node] = await this.masters()
      if (node === undefined) throw unavailable('the cluster has no masters')
      return duplicate(node)
    },
    close: () => link.close(),
  }
}

/** A client that is somebody else's: it connects again as its owner told it to, and is never closed here. */
async function foreign(client: Client | Cluster, connectTimeoutMs: number): Promise<Connection> {
  const closed = new AbortController()
  if (!client.isOpen) await connected(client, connectTimeoutMs)
  const link = {
    current() {
      if (closed.signal.aborted) throw new StateError('CLOSED', 'The store is closed')
      if (!client.isOpen || ('isReady' in client && !client.isReady)) throw unavailable('it is not connected')
      return client
    },
    use: async <T>(run: (client: never) => Promise<T>) => run(link.current() as never),
    close: async () => closed.abort(),
  }
  return 'slots' in client
    ? clusterConnection(link as Usable<Cluster>)
    : singleConnection(link as Usable<Client>)
}

async function connected<C extends Client | Cluster>(client: C, timeoutMs: number): Promise<C> {
  const timer = setTimeout(() => destroy(client), timeoutMs)
  try {
    await client.connect()
    return client
  } catch (error) {
    destroy(client)
    throw redisError(error, 'read')
  } finally {
    clearTimeout(timer)
  }
}

function duplicate(client: Client): Promise<Client> {
  const { name: _, ...options } = client.options as RedisClientOptions
  return connected(singleClient(options), DUPLICATE_TIMEOUT_MS)
}

function replies(asBytes: boolean | undefined): { readonly typeMapping: object } {
  return asBytes === true ? BYTES : TEXT
}
