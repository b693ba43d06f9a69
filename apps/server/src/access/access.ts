import { parseTtl } from '@switchyard/core'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  onRequestHookHandler,
  preHandlerHookHandler,
} from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { ConfigError } from '../config/config-error.ts'
import { createAuthenticator, type Identity } from './authenticate.ts'
import { authorizeContent, authorizeRoute, dependsOnContent } from './authorize.ts'
import { refuseForeignName, requireLoopback } from './loopback.ts'
import { createOpenStreams } from './open-streams.ts'
import { ANONYMOUS, LOCAL } from './principal.ts'
import { requireDeclarations } from './route-access.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { sessionRoutes } from './session-routes.ts'
import { createSessions } from './sessions.ts'
import type { AccessSettings, TokenSettings } from './settings.ts'
import { createTokens } from './tokens.ts'

/** Who may do what. */
export interface Access {
  /** Decides for every route that is registered after this call. */
  control(app: FastifyInstance): void
  /** The routes of sessions. They take JSON. */
  routes(app: FastifyInstance): void
  /**
   * Puts these tokens in the place of the present ones, at once: sessions and event streams of others end.
   *
   * @throws ConfigError if there were some, and shall be none, which would let everybody in.
   * @throws RequestError `AUDIT_UNAVAILABLE`; then all stays as it was.
   */
  replaceTokens(tokens: readonly TokenSettings[]): Promise<void>
}

export interface AccessOptions {
  readonly settings: AccessSettings
  /** Where the server listens. */
  readonly host: string
  readonly audit: Audit
  readonly log: FastifyBaseLogger
  /** Unix ms. Default: the system's clock. */
  readonly now?: () => number
  /** Ms of a clock that is never set. Default: that of the process. */
  readonly elapsed?: () => number
}

/** @throws ConfigError if there are no tokens and the address is not a loopback one. */
export function createAccess({
  settings,
  host,
  audit,
  log,
  now = Date.now,
  elapsed = () => performance.now(),
}: AccessOptions): Access {
  if (settings.tokens.length === 0) requireLoopback(host)
  const tokens = createTokens(settings.tokens, now)
  const sessions = createSessions({
    idleMs: parseTtl(settings.sessionIdle),
    lifetimeMs: parseTtl(settings.sessionLifetime),
    now,
  })
  const authenticator = createAuthenticator({ tokens, sessions, log, elapsed })
  const streams = createOpenStreams<Identity | undefined>((identity) => {
    if (identity === undefined) return tokens.isEmpty
    return tokens.has(identity.token) && (identity.session === undefined || sessions.has(identity.session.id))
  })

  function admit(request: FastifyRequest): void {
    request.principal = ANONYMOUS
    if (tokens.isEmpty) {
      refuseForeignName(request)
      request.principal = LOCAL
      return
    }
    const { access } = request.routeOptions.config
    if (access !== undefined && 'open' in access) return
    request.identity = authenticator.authenticate(request)
    request.principal = request.identity.token.principal
    authorizeRoute(request)
  }

  const follow: onRequestHookHandler = (request, _reply, done) => {
    streams.add(request.raw.socket, request.identity)
    done()
  }

  function control(app: FastifyInstance): void {
    requireDeclarations(app)
    app.decorateRequest('principal')
    app.decorateRequest('identity')
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(SECURITY_HEADERS)
      done(refusalOf(admit, request))
    })
    app.addHook('onRoute', (route) => {
      const access = route.config?.access
      if (access === undefined || !('scope' in access)) return
      if (access.scope === 'watch') route.onRequest = [follow, route.onRequest ?? []].flat()
      if (dependsOnContent(access)) route.preHandler = [authorize, route.preHandler ?? []].flat()
    })
  }

  return {
    control,
    routes: (app) =>
      sessionRoutes(app, { tokens, sessions, authenticator, audit, onClose: () => streams.check() }),
    async replaceTokens(replacements) {
      if (replacements.length === 0 && !tokens.isEmpty) {
        throw new ConfigError('access.tokens: the last token can be removed by a restart only')
      }
      const detail = {
        tokens: replacements.map(({ name, scopes, prefixes }) => ({ name, scopes, prefixes })),
      }
      await audit.admin('configuration', 'replaceTokens', detail, async () => tokens.replace(replacements))
      streams.check()
    },
  }
}

const authorize: preHandlerHookHandler = (request, _reply, done) => {
  done(refusalOf(authorizeContent, request))
}

/** What it throws: a hook tells it to Fastify, and must not catch what comes after the hook. */
function refusalOf(check: (request: FastifyRequest) => void, request: FastifyRequest): Error | undefined {
  try {
    check(request)
    return undefined
  } catch (error) {
    return error as Error
  }
}
