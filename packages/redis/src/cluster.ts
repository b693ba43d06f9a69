import type { RedisClientOptions, RedisClusterOptions } from '@keyv/redis'
import {
  ASK_TIMEOUT_MS,
  type Cluster,
  clusterClient,
  destroy,
  singleClient,
  socketAddress,
} from './client.ts'
import { nodesFailure } from './errors.ts'

type RootNode = RedisClusterOptions['rootNodes'][number]

/**
 * Makes a client, not connected yet, once a root node has told the nodes. They are asked here, as node-redis says only
 * that it could reach none of them, and not why.
 */
export function clusterDial(
  options: RedisClusterOptions,
  clientName: string,
): (timeoutMs: number) => Promise<Cluster> {
  const { rootNodes, defaults } = options

  async function ask(node: RootNode, timeoutMs: number): Promise<void> {
    const socket = { ...defaults?.socket, ...node.socket }
    const client = singleClient({ ...defaults, ...node, socket } as RedisClientOptions)
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      destroy(client)
    }, timeoutMs)
    try {
      await client.connect()
      await client.sendCommand(['CLUSTER', 'SLOTS'])
    } catch (error) {
      throw isLate ? new Error(`no answer within ${timeoutMs} ms`) : error
    } finally {
      clearTimeout(timer)
      destroy(client)
    }
  }

  return async (timeoutMs) => {
    const asked = rootNodes.map((node) => ask(node, Math.min(timeoutMs, ASK_TIMEOUT_MS)))
    await Promise.any(asked).catch(({ errors }: AggregateError) => {
      throw nodesFailure(rootNodes.map((node, i) => ({ node: nodeAddress(node), error: errors[i] })))
    })
    return clusterClient(options, clientName)
  }
}

function nodeAddress({ url, socket }: RootNode): string {
  return url === undefined ? socketAddress(socket) : new URL(url).host
}
