import type { FastifyRequest } from 'fastify'
import { RequestError } from '../problems/request-error.ts'
import { allowKey, isUnrestricted } from './key-rules.ts'
import type { Scope } from './principal.ts'
import type { ScopedAccess } from './route-access.ts'

const KEY_PARAMETER = /\/:key(?:\/|$)/

/**
 * What can be said before the body is read.
 *
 * @throws RequestError `FORBIDDEN`
 */
export function authorizeRoute(request: FastifyRequest): void {
  const { access } = request.routeOptions.config
  if (access === undefined || !('scope' in access)) return
  requireScope(request, access.scope)
  if (access.reads === true) requireScope(request, 'read')
  if (isUnrestricted(request.principal)) return
  requireKeyRule(request, access)
  if (hasKeyInPath(request)) allowKey(request, (request.params as { readonly key: string }).key)
}

/** Whether {@link authorizeContent} has anything to say about the route. */
export function dependsOnContent({ reads, keys }: ScopedAccess): boolean {
  return typeof reads === 'function' || typeof keys === 'function'
}

/**
 * What only the body and the query tell.
 *
 * @throws RequestError `FORBIDDEN`
 */
export function authorizeContent(request: FastifyRequest): void {
  const { access } = request.routeOptions.config
  if (access === undefined || !('scope' in access)) return
  if (typeof access.reads === 'function' && access.reads(request)) requireScope(request, 'read')
  if (typeof access.keys !== 'function' || isUnrestricted(request.principal)) return
  for (const key of access.keys(request)) allowKey(request, key)
}

function requireScope({ principal }: FastifyRequest, scope: Scope): void {
  if (principal.scopes.has(scope)) return
  const headers = { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` }
  throw new RequestError('FORBIDDEN', `'${principal.name}' has no scope '${scope}'`, { headers })
}

function requireKeyRule(request: FastifyRequest, { scope, keys }: ScopedAccess): void {
  if (scope !== 'admin' && (keys !== undefined || hasKeyInPath(request))) return
  const { name } = request.principal
  throw new RequestError('FORBIDDEN', `This is about every key, and '${name}' has some prefixes only`)
}

function hasKeyInPath({ routeOptions }: FastifyRequest): boolean {
  return KEY_PARAMETER.test(routeOptions.url ?? '')
}
