import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'

export interface FileOptions {
  /** The folder. It is made if it does not exist; only one process may have it open. */
  readonly path: string
  /**
   * 'log': a log that is only appended to, for state of any size. 'tree': a file for each key that people can read
   * and edit, for configuration and small state; all of it stands in memory. Default 'log'.
   */
  readonly layout?: 'log' | 'tree' | undefined
  /**
   * 'none': an acknowledged write survives the end of the process, however sudden; the last ones may be lost
   * when the machine itself stops. 'group': it survives that as well, writes that arrive together are synced
   * to the disk together. 'always': each write is synced on its own. Default 'group'.
   */
  readonly durability?: 'none' | 'group' | 'always' | undefined
}

const ALLOWED = 'allowed: path, layout, durability'

export const fileOptions: StandardSchemaV1<unknown, FileOptions> = v.strictObject(
  {
    path: v.pipe(v.string(), v.nonEmpty('name a folder')),
    layout: v.optional(v.picklist(['log', 'tree'])),
    durability: v.optional(v.picklist(['none', 'group', 'always'])),
  },
  (issue) => (issue.expected === 'never' ? `not an option; ${ALLOWED}` : issue.message),
)
