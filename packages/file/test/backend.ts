import { join } from 'node:path'
import type { Place } from '@switchyard/conformance'
import type { Backend } from '@switchyard/core'
import { type FileOptions, file } from '../src/index.ts'

/** The variant names layout and durability: 'tree-group'. */
export function create({ folder, variant = '' }: Place): Backend {
  const [layout, durability] = variant.split('-')
  return file({ path: join(folder, 'state'), layout, durability } as FileOptions)
}
