/** What was asked of one key. Values are unique within a history, so that a read tells which write it saw. */
export type Call =
  | { readonly op: 'get' }
  | { readonly op: 'take' }
  | {
      readonly op: 'set'
      readonly value: string | number
      readonly ttlMs?: number
      readonly ifVersion?: string
      readonly ifAbsent?: true
    }
  | { readonly op: 'delete'; readonly ifVersion?: string }
  | { readonly op: 'increment'; readonly by: number }
  | { readonly op: 'touch'; readonly ttlMs: number }

/** An entry as it was read. */
export interface ReadEntry {
  readonly value: string | number
  readonly version: string
  readonly expiresAt?: number
}

/** What came of a call. */
export type Outcome =
  | {
      readonly status: 'ok'
      /** Of a `get` that found something. */
      readonly entry?: ReadEntry
      /** Of a `take` or an `increment`. */
      readonly value?: string | number
      /** Of a `delete` or a `touch`. */
      readonly existed?: boolean
      /** What a `set` made. */
      readonly version?: string
      readonly expiresAt?: number
    }
  /** Its condition did not hold. */
  | { readonly status: 'refused' }
  /** It was certainly not done: the history need not have it. */
  | { readonly status: 'failed' }
  /** It may have been done, then or at any time later, or not. */
  | { readonly status: 'unknown' }

/** A call with its outcome. Instants are milliseconds of one clock, with fractions, also among processes. */
export interface Operation {
  readonly id: string
  readonly call: Call
  readonly outcome: Outcome
  readonly calledAt: number
  /** Infinity if it was never answered. */
  readonly answeredAt: number
}
