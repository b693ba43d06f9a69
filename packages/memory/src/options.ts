import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'

export interface MemoryOptions {
  /** Entries at the most. Default: no bound. */
  readonly maxEntries?: number | undefined
  /** Bytes of values plus characters of keys at the most. Default: no bound. */
  readonly maxBytes?: number | undefined
  /**
   * What happens at a bound: 'refuse' rejects the write with `FULL`, 'lru' removes what was used the longest
   * time ago. Default 'refuse'.
   */
  readonly eviction?: 'refuse' | 'lru' | undefined
}

const ALLOWED = 'allowed: maxEntries, maxBytes, eviction'
const bound = v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)))

export const memoryOptions: StandardSchemaV1<unknown, MemoryOptions> = v.strictObject(
  { maxEntries: bound, maxBytes: bound, eviction: v.optional(v.picklist(['refuse', 'lru'])) },
  (issue) => (issue.expected === 'never' ? `not an option; ${ALLOWED}` : issue.message),
)
