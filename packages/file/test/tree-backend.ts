import { join } from 'node:path'
import type { Place } from '@switchyard/conformance'
import type { Backend } from '@switchyard/core'
import { type FileOptions, file } from '../src/index.ts'

export const create = ({ folder, variant }: Place): Backend =>
  file({ path: join(folder, 'state'), layout: 'tree', durability: variant as FileOptions['durability'] })
