import { BlockList, isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { ConfigError } from '../config/config-error.ts'
import { RequestError } from '../problems/request-error.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** @throws ConfigError for an address that others reach, where everybody could do everything. */
export function requireLoopback(host: string): void {
  const version = isIP(host)
  if (host === 'localhost' || (version !== 0 && loopback.check(host, version === 6 ? 'ipv6' : 'ipv4'))) return
  throw new ConfigError(
    `server.host: without access.tokens only a loopback address such as 127.0.0.1 is allowed, got "${host}"; 'switchyard-server token' makes a token and its line for the configuration`,
  )
}

/** Most requests come with the same one. */
let lastAllowed: string | undefined

/**
 * Without tokens, a page of another site could have its own name lead to this address, and then be of the same origin
 * as this server. So the name has to be one that no site has: an address, or a name without a dot.
 *
 * @throws RequestError `MISDIRECTED`
 */
export function refuseForeignName(request: FastifyRequest): void {
  const { host } = request
  if (host === lastAllowed) return
  const name = request.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  if (!name.includes('.') || name.endsWith('.localhost') || isIP(name) !== 0) {
    lastAllowed = host
    return
  }
  throw new RequestError(
    'MISDIRECTED',
    `This server has no tokens and answers to addresses and localhost only, not to '${name}'`,
  )
}
