import { type Backend, definePlugin } from '@switchyard/core'
import * as v from 'valibot'
import type { Place } from '../src/index.ts'
import { BROKEN_STORES } from './broken-stores.ts'
import { GOOD_STORES } from './good-stores.ts'

/** Any of the stores here, by the variant. */
export function create({ folder, variant = '' }: Place): Backend {
  const found = GOOD_STORES[variant] ?? BROKEN_STORES[variant]
  if (found === undefined) throw new Error(`There is no store '${variant}'`)
  const plugin = definePlugin({
    name: 'test-store',
    capabilities: found.capabilities,
    optionsSchema: v.object({}),
    open: async (_, context) => found.open(context, folder),
  })
  return plugin()
}
