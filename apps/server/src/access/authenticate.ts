import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { RequestError } from '../problems/request-error.ts'
import { requireSameOrigin } from './same-origin.ts'
import type { Session, Sessions } from './sessions.ts'
import { createThrottle } from './throttle.ts'
import { hashOf, type Token, type Tokens } from './tokens.ts'

/** Whom a request comes from, and how that is known. */
export interface Identity {
  readonly token: Token
  /** Of a page that was given the token. */
  readonly session?: Session & { readonly id: string }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where the server has no tokens, and for routes that are open to everybody. */
    identity: Identity | undefined
  }
}

export interface Authenticator {
  /** @throws RequestError `UNAUTHENTICATED`, `RATE_LIMITED`, or `CROSS_ORIGIN` for a session's cookie */
  authenticate(request: FastifyRequest): Identity
  /**
   * @param onWrong called for a wrong token that the address has not tried of late: ten times in a minute at the most
   * @throws RequestError `UNAUTHENTICATED` or `RATE_LIMITED`
   */
  accept(token: string, address: string, onWrong?: () => void): Token
}

export interface AuthenticatorOptions {
  readonly tokens: Tokens
  readonly sessions: Sessions
  readonly log: FastifyBaseLogger
  /** Ms of a clock that is never set. */
  readonly elapsed: () => number
}

export const SESSION_COOKIE = 'switchyard-session'

const BEARER = /^Bearer +(\S+) *$/i
const COOKIE = new RegExp(`(?:^|; *)${SESSION_COOKIE}=([\\w-]{43})(?:;|$)`)

export function createAuthenticator({ tokens, sessions, log, elapsed }: AuthenticatorOptions): Authenticator {
  const throttle = createThrottle(elapsed)

  function accept(text: string, address: string, onWrong?: () => void): Token {
    const tokenHash = hashOf(text)
    const name = tokenHash.toString('base64')
    const waitMs = throttle.waitMs(address, name)
    if (waitMs > 0) {
      const headers = { 'retry-after': String(Math.ceil(waitMs / 1000)) }
      throw new RequestError('RATE_LIMITED', 'Too many wrong tokens came from this address', { headers })
    }
    const token = tokens.find(tokenHash)
    if (token !== undefined) {
      throttle.accepted(address, name)
      return token
    }
    if (!throttle.isKnown(address, name)) onWrong?.()
    if (throttle.refused(address, name)) log.warn({ address }, 'Too many wrong tokens: new ones have to wait')
    throw unauthenticated('There is no such token, or it has expired', 'error="invalid_token"')
  }

  return {
    accept,
    authenticate(request) {
      const { authorization, cookie } = request.headers
      if (authorization !== undefined) {
        const text = BEARER.exec(authorization)?.[1]
        if (text !== undefined) return { token: accept(text, request.ip) }
        throw unauthenticated('The header Authorization is Bearer and a token')
      }
      const id = sessionIdOf(cookie)
      if (id === undefined) throw unauthenticated('This takes a token: Authorization: Bearer ...')
      const session = sessions.find(id)
      const token = session && tokens.find(session.tokenHash)
      if (session === undefined || token === undefined) throw unauthenticated('The session has ended')
      requireSameOrigin(request, session.csrf)
      return { token, session: { ...session, id } }
    },
  }
}

export function sessionIdOf(cookie: string | undefined): string | undefined {
  return cookie === undefined ? undefined : COOKIE.exec(cookie)?.[1]
}

function unauthenticated(detail: string, parameters = ''): RequestError {
  const challenge = parameters === '' ? 'Bearer' : `Bearer ${parameters}`
  return new RequestError('UNAUTHENTICATED', detail, { headers: { 'www-authenticate': challenge } })
}
