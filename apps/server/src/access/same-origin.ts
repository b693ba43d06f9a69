import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { RequestError } from '../problems/request-error.ts'
import { hashOf } from './tokens.ts'

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * A browser sends a cookie along whoever's page asks it to. What changes something has to come from a page of this
 * origin, which can send the session's CSRF token; what reads must not come from another one.
 *
 * @throws RequestError `CROSS_ORIGIN`
 */
export function requireSameOrigin(request: FastifyRequest, csrf: string): void {
  const isSafe = SAFE_METHODS.has(request.method)
  if (!isSameOrigin(request, isSafe)) {
    throw new RequestError('CROSS_ORIGIN', "A session's cookie counts only for pages of this server")
  }
  if (isSafe) return
  const given = request.headers['x-csrf-token']
  // Of equal length, as the comparison needs it.
  if (typeof given === 'string' && timingSafeEqual(hashOf(given), hashOf(csrf))) return
  throw new RequestError('CROSS_ORIGIN', "The header x-csrf-token does not have the session's `csrf`")
}

/** @param otherwise where the browser says nothing, or it is no browser */
function isSameOrigin(request: FastifyRequest, otherwise: boolean): boolean {
  const { 'sec-fetch-site': site, origin } = request.headers
  if (site === 'none') return otherwise
  if (site !== undefined) return site === 'same-origin'
  if (origin === undefined) return otherwise
  const own = `${request.protocol}://${request.host}`
  return URL.canParse(own) && new URL(own).origin === origin
}
