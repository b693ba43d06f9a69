import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { empty, ok, responses } from '../schemas/responses.ts'
import { type Authenticator, SESSION_COOKIE, sessionIdOf } from './authenticate.ts'
import { LOCAL, type Principal, SCOPES } from './principal.ts'
import type { Sessions } from './sessions.ts'
import type { Token, Tokens } from './tokens.ts'

export interface SessionServices {
  readonly tokens: Tokens
  readonly sessions: Sessions
  readonly authenticator: Authenticator
  readonly audit: Pick<Audit, 'admin' | 'record'>
  readonly onClose: () => void
}

const session: JsonSchema = record({
  name: { type: 'string', description: 'Of the token.' },
  scopes: listOf({ enum: SCOPES }),
  prefixes: listOf({ type: 'string' }, { description: 'Of the keys that it may touch.' }),
  csrf: {
    type: ['string', 'null'],
    description: 'For the header `x-csrf-token` of what changes something; null: there is no cookie.',
  },
})

/** /v1/session: a page gives a token once, and goes on with a cookie that no script can read. */
export function sessionRoutes(
  app: FastifyInstance,
  { tokens, sessions, authenticator, audit, onClose }: SessionServices,
): void {
  const common = { tags: ['server'], querystring: noQuery }

  app.post<{ Body: { readonly token: string } }>('/v1/session', {
    config: { access: { open: true } },
    schema: {
      ...common,
      operationId: 'openSession',
      summary: 'Give a token, and go on with a cookie',
      description: 'For pages. A server without tokens takes any, and sets no cookie.',
      body: record({ token: { type: 'string', minLength: 1, maxLength: 1024 } }),
      response: responses({ 200: ok(session, 'What the token may do.') }),
    },
    async handler(request, reply) {
      if (tokens.isEmpty) return answer(reply, LOCAL, null)
      const { hash, principal } = await accepted(request, request.body.token)
      const actor = { principal, ip: request.ip }
      const opened = await audit.admin(actor, 'openSession', {}, async () => {
        closeOf(request)
        return sessions.open(hash)
      })
      setCookie(request, reply, opened.id)
      return answer(reply, principal, opened.session.csrf)
    },
  })

  app.get('/v1/session', {
    config: { access: { authenticated: true } },
    schema: {
      ...common,
      operationId: 'session',
      summary: 'Who this is, and what that one may do',
      response: responses({ 200: ok(session, 'Of the session, or of the token of the request.') }),
    },
    handler: async ({ principal, identity }, reply) =>
      answer(reply, principal, identity?.session?.csrf ?? null),
  })

  app.delete('/v1/session', {
    config: { access: { authenticated: true } },
    schema: {
      ...common,
      operationId: 'closeSession',
      summary: 'End the session',
      response: responses({ 204: empty('It has ended.') }),
    },
    async handler(request, reply) {
      // To go is not refused, also where it cannot be recorded.
      if (closeOf(request)) await audit.record(request, 'closeSession', {}, 'done')
      setCookie(request, reply, '')
      return reply.code(204).send()
    },
  })

  async function accepted(request: FastifyRequest, token: string): Promise<Token> {
    let recorded: Promise<void> | undefined
    try {
      return authenticator.accept(token, request.ip, () => {
        recorded = audit.record(request, 'openSession', {}, 'UNAUTHENTICATED')
      })
    } finally {
      await recorded
    }
  }

  /** Whether there was one. */
  function closeOf({ headers }: FastifyRequest): boolean {
    const id = sessionIdOf(headers.cookie)
    if (id === undefined || !sessions.has(id)) return false
    sessions.close(id)
    onClose()
    return true
  }
}

function answer(
  reply: FastifyReply,
  { name, scopes, prefixes }: Principal,
  csrf: string | null,
): FastifyReply {
  return reply.header('cache-control', 'no-store').send({ name, scopes: [...scopes], prefixes, csrf })
}

/** Until the browser is closed, or the server ends the session. An empty id removes it. */
function setCookie({ protocol }: FastifyRequest, reply: FastifyReply, id: string): void {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict']
  if (protocol === 'https') attributes.push('Secure')
  if (id === '') attributes.push('Max-Age=0')
  reply.header('set-cookie', [`${SESSION_COOKIE}=${id}`, ...attributes].join('; '))
}
