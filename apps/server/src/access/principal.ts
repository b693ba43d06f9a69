/** What a token may be allowed to do. */
export const SCOPES = ['read', 'write', 'list', 'watch', 'admin'] as const

export type Scope = (typeof SCOPES)[number]

/** Who a request comes from, and what that one may do. */
export interface Principal {
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
  /** Of the keys that it may touch; `['']`: every key. None is a prefix of another, in UTF-8 byte order. */
  readonly prefixes: readonly string[]
}

/** Everybody, where the server has no tokens. */
export const LOCAL: Principal = { name: 'local', scopes: new Set(SCOPES), prefixes: [''] }

/** Whoever asks for what is open to everybody, where the server has tokens. */
export const ANONYMOUS: Principal = { name: 'anonymous', scopes: new Set(), prefixes: [] }
