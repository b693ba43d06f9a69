import { hash, randomBytes } from 'node:crypto'

/** Somebody who gave a token to a browser's page, and goes on with a cookie. */
export interface Session {
  readonly tokenHash: Buffer
  /** What the page, and no other one, can send along. */
  readonly csrf: string
  /** Unix ms. */
  readonly endsAt: number
}

/** Sessions in memory: they end with the process. */
export interface Sessions {
  /** @returns the secret of the cookie as well, which is not kept */
  open(tokenHash: Buffer): { readonly id: string; readonly session: Session }
  /** The session, which counts as used now. */
  find(id: string): Session | undefined
  /** Whether it goes on; it does not count as used. */
  has(id: string): boolean
  close(id: string): void
}

export interface SessionsOptions {
  readonly idleMs: number
  readonly lifetimeMs: number
  /** Unix ms. */
  readonly now: () => number
}

/** Of one token: that which was used least recently makes room for a new one, and nobody else's does. */
const MAX_SESSIONS = 100

export function createSessions({ idleMs, lifetimeMs, now }: SessionsOptions): Sessions {
  /** By the hash of the secret, so that looking it up tells nothing about it. */
  const sessions = new Map<string, { readonly session: Session; readonly usedAt: number }>()

  const nameOf = (id: string): string => hash('sha256', id)

  /** One that has ended is forgotten. */
  function kept(name: string): { readonly session: Session } | undefined {
    const found = sessions.get(name)
    if (found === undefined) return undefined
    if (now() < found.session.endsAt && now() - found.usedAt < idleMs) return found
    sessions.delete(name)
    return undefined
  }

  return {
    open(tokenHash) {
      const id = secret()
      const session = { tokenHash, csrf: secret(), endsAt: now() + lifetimeMs }
      const names = [...sessions.keys()].filter((name) => kept(name)?.session.tokenHash.equals(tokenHash))
      const [oldest] = names
      if (names.length >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest)
      sessions.set(nameOf(id), { session, usedAt: now() })
      return { id, session }
    },
    find(id) {
      const name = nameOf(id)
      const found = kept(name)
      if (found === undefined) return undefined
      sessions.delete(name)
      sessions.set(name, { session: found.session, usedAt: now() })
      return found.session
    },
    has: (id) => kept(nameOf(id)) !== undefined,
    close: (id) => void sessions.delete(nameOf(id)),
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}
