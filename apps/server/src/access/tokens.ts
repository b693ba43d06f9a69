import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { compareKeys } from '@switchyard/core'
import type { Principal } from './principal.ts'
import type { TokenSettings } from './settings.ts'

/** A token that is accepted. The same object as long as its settings stay the same. */
export interface Token {
  readonly settings: TokenSettings
  readonly hash: Buffer
  readonly principal: Principal
  /** Unix ms. */
  readonly expiresAt: number
}

export interface Tokens {
  /** The token with this hash. How long it takes does not depend on how much of a hash is right. */
  find(tokenHash: Buffer): Token | undefined
  /** Whether it is still accepted, with the same rights. */
  has(token: Token): boolean
  replace(settings: readonly TokenSettings[]): void
  readonly isEmpty: boolean
}

const PREFIX = 'switchyard_'

/** 256 random bits, marked so that programs that look for secrets in the wrong places recognise them. */
export function newToken(): string {
  return PREFIX + randomBytes(32).toString('base64url')
}

export function hashOf(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** As the configuration has it. */
export function hashText(token: string): string {
  return `sha256:${hashOf(token).toString('hex')}`
}

/** @param now Unix ms */
export function createTokens(settings: readonly TokenSettings[], now: () => number): Tokens {
  let tokens: readonly Token[] = settings.map(tokenOf)

  const has = (token: Token): boolean => tokens.includes(token) && now() < token.expiresAt

  return {
    find(tokenHash) {
      let found: Token | undefined
      for (const token of tokens) if (timingSafeEqual(token.hash, tokenHash)) found = token
      return found !== undefined && has(found) ? found : undefined
    },
    has,
    replace(replacements) {
      const known = new Map(tokens.map((token) => [JSON.stringify(token.settings), token]))
      tokens = replacements.map((one) => known.get(JSON.stringify(one)) ?? tokenOf(one))
    },
    get isEmpty() {
      return tokens.length === 0
    },
  }
}

function tokenOf(settings: TokenSettings): Token {
  const { name, scopes, prefixes = [''], expires } = settings
  return {
    settings,
    hash: Buffer.from(settings.hash.slice('sha256:'.length), 'hex'),
    principal: { name, scopes: new Set(scopes), prefixes: withoutNarrower(prefixes) },
    expiresAt: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
  }
}

/** The prefixes that no other one covers, in UTF-8 byte order. */
function withoutNarrower(prefixes: readonly string[]): readonly string[] {
  const different = [...new Set(prefixes)]
  return different
    .filter((prefix) => !different.some((other) => other !== prefix && prefix.startsWith(other)))
    .sort(compareKeys)
}
