import { createHash } from 'node:crypto'
import { addressOf, type Client } from './client.ts'
import type { Connection } from './connection.ts'
import { ofEach } from './of-each.ts'

/** The same for all stores on the same keys, and of characters that Redis allows in a name. */
export function connectionName(prefix: string): string {
  return `switchyard:${createHash('sha256').update(prefix).digest('base64url').slice(0, 16)}`
}

/**
 * Ends every other connection of this name: what it has sent and Redis has not read yet is dropped, and what is still in
 * the network meets a closed socket. A store that is alive connects again, and knows of its writes that their outcome is not known.
 */
export async function endOthers(connection: Connection, name: string): Promise<void> {
  await ofEach(await connection.masters(), addressOf, (client) => endOthersOn(client, name))
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
