import { createHash } from 'node:crypto'
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { redisError } from './errors.ts'

/** The same for all stores on the same keys, and of characters that Redis allows in a name. */
export function connectionName(prefix: string): string {
  return `switchyard:${createHash('sha256').update(prefix).digest('base64url').slice(0, 16)}`
}

/**
 * Ends every other connection of this name: what it has sent and Redis has not read yet is dropped, and what is still in
 * the network meets a closed socket. A store that is alive connects again, and knows of its writes that their outcome is not known.
 */
export async function endOthers(connection: Connection, name: string): Promise<void> {
  try {
    await Promise.all((await connection.masters()).map((client) => endOthersOn(client, name)))
  } catch (error) {
    throw redisError(error, 'read')
  }
}

async function endOthersOn(client: Client, name: string): Promise<void> {
  const own = String(await client.sendCommand(['CLIENT', 'ID'], { typeMapping: {} }))
  const list = String(await client.sendCommand(['CLIENT', 'LIST'], { typeMapping: {} }))
  for (const line of list.split('\n')) {
    const fields = new Map(line.split(' ').map((field) => field.split('=', 2) as [string, string]))
    const id = fields.get('id')
    if (fields.get('name') !== name || id === undefined || id === own) continue
    await client.sendCommand(['CLIENT', 'KILL', 'ID', id], { typeMapping: {} })
  }
}
