import { definePlugin, type PluginFunction } from '@switchyard/core'
import { openLogStore } from './log/store.ts'
import { type FileOptions, fileOptions } from './options.ts'

const capabilities = {
  ttl: 'lazy',
  atomicity: 'store',
  transactions: true,
  durable: true,
  shared: false,
  ordered: true,
  watch: false,
  optimize: true,
  maxKeyBytes: 1024,
  maxValueBytes: 268_435_456,
} as const

/** State in a folder, as a log that is only appended to. */
export const file: PluginFunction<FileOptions, typeof capabilities> = definePlugin({
  name: 'file',
  capabilities,
  optionsSchema: fileOptions,
  open: (options, context) => openLogStore(options, context),
})
