import { type Backend, definePlugin } from '@switchyard/core'
import { type FileOptions, file } from '../src/index.ts'
import { openLogStore } from '../src/log/store.ts'

/** The log with segments so small that it rotates and compacts all the time. */
export const smallSegments: (options: FileOptions) => Backend = definePlugin({
  ...file.plugin,
  open: (options: FileOptions, context) => openLogStore(options, context, 16_384),
})
