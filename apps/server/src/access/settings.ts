import type { Ttl } from '@switchyard/core'
import type { Scope } from './principal.ts'

/** A token that may be used; the token itself is nowhere. */
export interface TokenSettings {
  /** Of who uses it. Several tokens may have one name: the old and the new, while one takes the place of the other. */
  readonly name: string
  /** `sha256:` and the SHA-256 of the token in hexadecimal digits. */
  readonly hash: string
  readonly scopes: readonly Scope[]
  /** Of the keys that it may touch. Default: every key. */
  readonly prefixes?: readonly string[]
  /** An RFC 3339 instant, from which on it is refused. Default: never. */
  readonly expires?: string
}

/** Whether it is one of RFC 3339, such as 2027-01-01T00:00:00Z. */
export function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
}

/** Who may do what; `access` in the configuration file. */
export interface AccessSettings {
  /** None: everybody may do everything, and only a loopback address is listened on. */
  readonly tokens: readonly TokenSettings[]
  /** A session that is not used for so long ends. In ms, or with a unit. */
  readonly sessionIdle: Ttl
  /** A session ends after this time, used or not. */
  readonly sessionLifetime: Ttl
}

export const DEFAULT_ACCESS: AccessSettings = { tokens: [], sessionIdle: '30m', sessionLifetime: '12h' }
