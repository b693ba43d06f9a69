import KeyvRedis, {
  type RedisClientOptions,
  type RedisClientType,
  type RedisClusterOptions,
  type RedisClusterType,
} from '@keyv/redis'

/** A root node of a cluster that does not answer within this time is passed over. */
export const ASK_TIMEOUT_MS = 2000

export type Client = RedisClientType
export type Cluster = RedisClusterType
/** A command and its arguments. */
export type Command = readonly (string | Buffer)[]

/** Values come as bytes; node-redis knows its reply types by their character in the protocol, this is `$`. */
export const AS_BYTES: Readonly<Record<number, typeof Buffer>> = { 36: Buffer }

/**
 * What node-redis keeps the class of all commands under. It keeps the last one only and builds it anew, for
 * milliseconds, where the options' JSON is another; here they differ in what the class does not depend on.
 */
function classKey({ RESP }: { readonly RESP?: 2 | 3 | undefined }): { readonly toJSON: () => unknown } {
  return { toJSON: () => ({ switchyard: RESP ?? 2 }) }
}

/**
 * A client that connects once and says so when it is lost, instead of connecting again by itself and sending what
 * waited: who asked has had the error by then.
 *
 * @param name what Redis knows the connection by
 */
export function singleClient(options: RedisClientOptions, name?: string): Client {
  const once = {
    ...options,
    ...classKey(options),
    ...(name !== undefined && { name }),
    disableOfflineQueue: true,
    socket: { ...options.socket, reconnectStrategy: false },
  }
  return silenced(new KeyvRedis(once as RedisClientOptions).client as Client)
}

/** The same for a cluster: its nodes are connected to when they are first needed. */
export function clusterClient(options: RedisClusterOptions, name: string): Cluster {
  const { rootNodes, defaults } = options
  const once = {
    ...options,
    ...classKey(options),
    // These are asked for the nodes, and closed.
    rootNodes: rootNodes.map((node) => ({
      ...node,
      socket: { socketTimeout: ASK_TIMEOUT_MS, ...node.socket },
    })),
    minimizeConnections: true,
    defaults: {
      ...defaults,
      name,
      disableOfflineQueue: true,
      socket: { ...defaults?.socket, reconnectStrategy: false },
    },
  }
  return silenced(new KeyvRedis(once as RedisClusterOptions).client as Cluster)
}

/** Every command rejects by itself; the event beside it would end the process if nobody listened. */
function silenced<C extends Client | Cluster>(client: C): C {
  client.on('error', () => {})
  return client
}

/** The client, or those of the nodes of a cluster that are connected to. */
export function nodesOf(client: Client | Cluster): readonly Client[] {
  return 'slots' in client ? client.masters.flatMap((node) => (node.client as Client) ?? []) : [client]
}

/** Where it connects to. */
export function addressOf({ options }: Client): string {
  return socketAddress(options?.socket)
}

export function socketAddress(socket: RedisClientOptions['socket']): string {
  const { host = 'localhost', port = 6379 } = { ...socket } as {
    readonly host?: string
    readonly port?: number
  }
  return `${host}:${port}`
}

/** Whether all that it was asked is answered. */
export function isIdle(client: Client | Cluster): boolean {
  if (!('slots' in client)) return client._getQueue().isEmpty()
  const isConnecting = client.masters.some((node) => node.connectPromise !== undefined)
  return !isConnecting && nodesOf(client).every(isIdle)
}

/** Ends a client at once, whatever state it is in. */
export function destroy(client: Client | Cluster): void {
  if (!client.isOpen) return
  if ('slots' in client) {
    // Its own way to destroy stops at the first node that is closed already.
    for (const node of nodesOf(client)) destroy(node)
    void client.close()
  } else client.destroy()
}
