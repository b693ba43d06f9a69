import { type Clock, type Health, StateError } from '@switchyard/core'
import { addressOf, type Client } from './client.ts'
import type { Connection } from './connection.ts'
import { ofEach } from './of-each.ts'

/** What the scripts need: SET with PXAT, XADD with NOMKSTREAM and, for plain keys, PEXPIRETIME. */
const OLDEST = 7

export type ServerInfo = ReadonlyMap<string, string>

/** INFO of each master. */
export async function serverInfo(connection: Connection): Promise<readonly ServerInfo[]> {
  return ofEach(await connection.masters(), addressOf, infoOf)
}

async function infoOf(client: Client): Promise<ServerInfo> {
  const text = String(await client.sendCommand(['INFO'], { typeMapping: {} }))
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
    }),
  )
}

/** @throws StateError `INCOMPATIBLE` for a server that is too old */
export function checkVersion(info: ServerInfo): void {
  const version = info.get('redis_version') ?? 'unknown'
  if (Number.parseInt(version, 10) >= OLDEST) return
  const message = `Redis ${version} is too old: this backend needs ${OLDEST}.0 or newer`
  throw new StateError('INCOMPATIBLE', message)
}

/** What puts the state at risk with this configuration. */
export function evictionRisk(info: ServerInfo): string | undefined {
  const policy = info.get('maxmemory_policy') ?? 'noeviction'
  if (policy === 'noeviction') return undefined
  return `Redis may remove state when its memory is full (maxmemory-policy is '${policy}'); set it to 'noeviction'`
}

export async function checkServers(connection: Connection, clock: Clock): Promise<Health> {
  const asked = clock.now()
  const servers = await serverInfo(connection)
  const answered = clock.now()
  const replica = servers.find((info) => info.get('role') !== 'master')
  const reason = replica === undefined ? undefined : 'Redis is a replica; a fail-over may be under way'
  return {
    healthy: reason === undefined,
    ...(reason !== undefined && { reason }),
    clockAheadMs: servers
      .map((info) => clockAheadMs(info, asked, answered))
      .reduce((most, one) => (Math.abs(one) > Math.abs(most) ? one : most), 0),
    detail: {
      version: servers[0]?.get('redis_version') ?? 'unknown',
      masters: servers.length,
      maxmemoryPolicy: servers[0]?.get('maxmemory_policy') ?? 'unknown',
    },
  }
}

/** What the time on its way does not account for. */
function clockAheadMs(info: ServerInfo, asked: number, answered: number): number {
  const now = Number(info.get('server_time_usec')) / 1000
  if (now > answered) return Math.round(now - answered)
  return now < asked ? Math.round(now - asked) : 0
}

/** Which processes serve: another one after a restart or a fail-over. */
export async function incarnationOf(connection: Connection): Promise<string> {
  const servers = await serverInfo(connection)
  return servers
    .map((info) => info.get('run_id') ?? '')
    .toSorted()
    .join(' ')
}

export function usedBytes(servers: readonly ServerInfo[]): number {
  return servers.reduce((sum, info) => sum + Number(info.get('used_memory') ?? 0), 0)
}
