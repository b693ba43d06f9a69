import type { RedisClientOptions } from '@keyv/redis'
import { type Client, destroy, singleClient } from './client.ts'
import type { RedisNode, RedisSentinelOptions } from './options.ts'

/** A Sentinel that does not answer within this time is passed over. */
const ASK_TIMEOUT_MS = 1000

/**
 * Makes a client, not connected yet, for what the Sentinels say is the master. Each time another of them is asked first,
 * as one of them may be cut off from the others and not know of a fail-over.
 *
 * Sentinel is asked here, as Redis' guidelines for clients say, and not left to the client of node-redis for it: that
 * sends a write again whose connection was lost, although it may have been applied.
 */
export function masterDial(options: RedisSentinelOptions, clientName: string): () => Promise<Client> {
  const { name, sentinelRootNodes, sentinelClientOptions, nodeClientOptions, nodeAddressMap } = options
  let turn = 0
  return async () => {
    const failures: string[] = []
    const first = turn++ % sentinelRootNodes.length
    for (const node of [...sentinelRootNodes.slice(first), ...sentinelRootNodes.slice(0, first)]) {
      const sentinel = clientAt(node.host, node.port, sentinelClientOptions)
      try {
        const master = await ask(sentinel, name)
        const { host, port } = nodeAddressMap?.[`${master.host}:${master.port}`] ?? master
        return clientAt(host, port, nodeClientOptions, clientName)
      } catch (error) {
        failures.push(`${node.host}:${node.port}: ${error instanceof Error ? error.message : String(error)}`)
      } finally {
        destroy(sentinel)
      }
    }
    throw new Error(`no Sentinel knows a master '${name}' (${failures.join('; ')})`)
  }
}

/** @throws Error if the Sentinel was behind. INFO and not ROLE, which is for administrators. */
export async function checkMaster(client: Client): Promise<void> {
  const info = String(await client.sendCommand(['INFO', 'replication']))
  if (!info.includes('role:master')) throw new Error('what the Sentinel calls the master is a replica')
}

async function ask(sentinel: Client, name: string): Promise<RedisNode> {
  const timer = setTimeout(() => destroy(sentinel), ASK_TIMEOUT_MS)
  try {
    await sentinel.connect()
    const reply = await sentinel.sendCommand(['SENTINEL', 'get-master-addr-by-name', name])
    if (!Array.isArray(reply)) throw new Error(`it watches no master '${name}'`)
    return { host: String(reply[0]), port: Number(reply[1]) }
  } finally {
    clearTimeout(timer)
  }
}

function clientAt(host: string, port: number, options: RedisClientOptions = {}, name?: string): Client {
  return singleClient({ ...options, socket: { ...options.socket, host, port } } as RedisClientOptions, name)
}
