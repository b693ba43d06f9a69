import KeyvRedis, {
  type RedisClientOptions,
  type RedisClientType,
  type RedisClusterOptions,
  type RedisClusterType,
} from '@keyv/redis'

export type Client = RedisClientType
export type Cluster = RedisClusterType
/** A command and its arguments. */
export type Command = readonly (string | Buffer)[]

/** Values come as bytes; node-redis knows its reply types by their character in the protocol, this is `$`. */
export const AS_BYTES: Readonly<Record<number, typeof Buffer>> = { 36: Buffer }

/**
 * A client that connects once and says so when it is lost, instead of connecting again by itself and sending what
 * waited: who asked has had the error by then.
 *
 * @param name what Redis knows the connection by
 */
export function singleClient(options: RedisClientOptions, name?: string): Client {
  const once = {
    ...options,
    ...(name !== undefined && { name }),
    disableOfflineQueue: true,
    socket: { ...options.socket, reconnectStrategy: false },
  }
  return silenced(new KeyvRedis(once as RedisClientOptions).client as Client)
}

/** The same for a cluster: its nodes are connected to when they are first needed. */
export function clusterClient(options: RedisClusterOptions, name: string): Cluster {
  const { defaults } = options
  const once = {
    ...options,
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

/** Ends a client at once, whatever state it is in. */
export function destroy(client: Client | Cluster): void {
  if (client.isOpen) client.destroy()
}
