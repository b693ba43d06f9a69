/** Who did what, when, and from where. */
export interface AuditEntry {
  readonly id: string
  /** Unix ms. */
  readonly at: number
  /**
   * The name of the token, `local` without tokens, `anonymous` for a sign-in that was refused, or `configuration` for what a
   * changed file did.
   */
  readonly actor: string
  /** Of the client; absent for what a changed file did. */
  readonly address?: string
  readonly action: string
  readonly detail: Readonly<Record<string, unknown>>
  /**
   * Of an administrator's action: `begun` until its end is known, and for ever if the process ended before; then `done`, or
   * the code of the error. Of data: `allowed`.
   */
  readonly outcome: string
}

/** A line of the log: an entry, or how the one with that id ended. */
export type AuditLine = AuditEntry | AuditEnd

export interface AuditEnd {
  readonly end: string
  readonly at: number
  readonly outcome: string
}
