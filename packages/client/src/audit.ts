import type { CallOptions } from '@switchyard/core'
import { query } from './call.ts'
import type { Transport } from './transport.ts'

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
  /** Of the client. */
  readonly address?: string
  readonly action: string
  /** What was asked for. */
  readonly detail: Readonly<Record<string, unknown>>
  /** `begun`, `done`, or the code of an error; `allowed` for data. */
  readonly outcome: string
}

export interface AuditOptions extends CallOptions {
  /** Up to 1000. Default 100. */
  readonly limit?: number
  /** Only entries older than the one with this `id`. */
  readonly before?: string
}

export interface AuditMethods {
  /** What administrators did, and who had access to values if that is recorded; newest first. */
  audit(options?: AuditOptions): Promise<readonly AuditEntry[]>
}

export function auditMethods(transport: Transport): AuditMethods {
  return {
    async audit({ limit, before, ...options } = {}) {
      const path = `/v1/audit${query({ limit, before })}`
      const call = { operation: 'audit', method: 'GET', path, writes: false, options } as const
      return (await transport.json<{ readonly entries: readonly AuditEntry[] }>(call)).entries
    },
  }
}
