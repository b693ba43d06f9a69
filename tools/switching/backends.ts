import { join } from 'node:path'
import type { Backend } from '@switchyard/core'
import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { redis } from '@switchyard/redis'
import { sqlite } from '@switchyard/sqlite'

export const BACKEND_NAMES = ['memory', 'file', 'sqlite', 'redis'] as const
export type BackendName = (typeof BACKEND_NAMES)[number] | 'cluster'

/** Where the backends of a run keep their data. */
export interface Place {
  readonly folder: string
  readonly redisUrl?: string
  readonly clusterUrls?: readonly string[]
  /** Of keys in Redis. */
  readonly prefix: string
}

export function openBackend(
  name: BackendName,
  { folder, redisUrl, clusterUrls = [], prefix }: Place,
): Backend {
  switch (name) {
    case 'memory':
      return memory()
    case 'file':
      return file({ path: join(folder, 'file') })
    case 'sqlite':
      return sqlite({ path: join(folder, 'state.db') })
    case 'redis':
      return redis({ url: redisUrl ?? '', prefix })
    case 'cluster':
      return redis({ cluster: { rootNodes: clusterUrls.map((url) => ({ url })) }, prefix })
  }
}

/** Every pair, once. */
export function pairs(): readonly (readonly [BackendName, BackendName])[] {
  return BACKEND_NAMES.flatMap((one, i) => BACKEND_NAMES.slice(i + 1).map((other) => [one, other] as const))
}
