import { type Backend, definePlugin } from '@switchyard/core'
import { type FileOptions, file } from '../src/index.ts'
import { openLogStore } from '../src/log/store.ts'

/** A log with segments so small that it rotates and compacts all the time; a tree as it is. */
export const smallSegments: (options: FileOptions) => Backend = definePlugin({
  ...file.plugin,
  open: (options: FileOptions, context) =>
    options.layout === 'tree' ? file.plugin.open(options, context) : openLogStore(options, context, 16_384),
})
