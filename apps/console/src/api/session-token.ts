import { type Signal, signal } from '@preact/signals'

/** Who this page is to the server. */
export interface Session {
  readonly name: string
  readonly scopes: readonly string[]
  readonly prefixes: readonly string[]
  /** Null where the server has no tokens: then there is nothing to sign out of. */
  readonly csrf: string | null
}

/** Undefined: not asked yet; null: to be signed in. */
export const session: Signal<Session | null | undefined> = signal()

export function csrfToken(): string | undefined {
  return session.peek()?.csrf ?? undefined
}

/** The server knows this page no more. */
export function sessionEnded(): void {
  session.value = null
}
