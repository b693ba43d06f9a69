import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Principal, Scope } from './principal.ts'

/** Who may call a route. Every route declares it: `config: { access: { scope: 'read' } }`. */
export type RouteAccess =
  /** Everybody, also without a token. */
  | { readonly open: true }
  /** Everybody with a token, whatever its scopes. */
  | { readonly authenticated: true }
  | ScopedAccess

export interface ScopedAccess {
  readonly scope: Scope
  /** Whether the answer tells what is stored, so that `read` is needed as well. */
  readonly reads?: true | ((request: FastifyRequest) => boolean)
  /**
   * The keys in the body, each of which is checked; or `checked`: the route itself asks for its prefix. Default: `:key`
   * of the path. A route without any of these is for tokens of every key, as is every route of `admin`.
   */
  readonly keys?: 'checked' | ((request: FastifyRequest) => readonly string[])
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
  }

  interface FastifyRequest {
    principal: Principal
  }
}

/** Refuses to register a route that does not say who may call it. */
export function requireDeclarations(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access !== undefined) return
    throw new Error(`${[method].flat().join(', ')} ${url} does not declare who may call it (config.access)`)
  })
}
