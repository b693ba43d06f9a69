import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { redis } from '@switchyard/redis'
import { sqlite } from '@switchyard/sqlite'

/** The packages that are part of the server. Any other is imported by the name in the configuration. */
export const builtInPlugins: ReadonlyMap<string, object> = new Map<string, object>([
  ['@switchyard/file', { file }],
  ['@switchyard/memory', { memory }],
  ['@switchyard/redis', { redis }],
  ['@switchyard/sqlite', { sqlite }],
])
