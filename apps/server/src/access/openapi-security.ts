import type { FastifySchema } from 'fastify'
import type { RouteAccess } from './route-access.ts'

/** How clients say who they are, for the OpenAPI document. */
export const SECURITY_SCHEMES = {
  token: {
    type: 'http',
    scheme: 'bearer',
    description: 'A token with the scopes that are named. A server without tokens asks for none.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'switchyard-session',
    description:
      'For pages; what changes something needs the header `x-csrf-token` as well. See `POST /v1/session`.',
  },
} as const

/** The schema of a route with the scopes that it asks for. */
export function withSecurity(schema: FastifySchema, access: RouteAccess | undefined): FastifySchema {
  const scopes = scopesOf(access)
  return { ...schema, security: scopes === undefined ? [] : [{ token: scopes }, { session: scopes }] }
}

/** Undefined: it is open to everybody. */
function scopesOf(access: RouteAccess | undefined): string[] | undefined {
  if (access === undefined || 'open' in access) return undefined
  if ('authenticated' in access) return []
  return access.reads === true ? [access.scope, 'read'] : [access.scope]
}
