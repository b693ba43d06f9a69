import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'

export interface SqliteOptions {
  /** The database file. It and its folder are made if they do not exist. */
  readonly path: string
  /**
   * 'normal': an acknowledged write survives the end of the process, however sudden; the last ones may be
   * lost when the machine itself stops. 'full': they survive that as well, each group of writes is synced to
   * the disk before it is acknowledged. Default 'normal'.
   */
  readonly durability?: 'normal' | 'full' | undefined
  /** How long a write waits for other processes to leave the file before it fails with `LOCKED`. Default 5000. */
  readonly busyTimeoutMs?: number | undefined
}

const ALLOWED = 'allowed: path, durability, busyTimeoutMs'

const file = v.pipe(
  v.string(),
  v.check(
    (path) => path !== '' && path !== ':memory:',
    'name a file; for state in memory use @switchyard/memory',
  ),
)

export const sqliteOptions: StandardSchemaV1<unknown, SqliteOptions> = v.strictObject(
  {
    path: file,
    durability: v.optional(v.picklist(['normal', 'full'])),
    busyTimeoutMs: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  },
  (issue) => (issue.expected === 'never' ? `not an option; ${ALLOWED}` : issue.message),
)
