import { type Capabilities, definePlugin, type PluginFunction } from '@switchyard/core'
import { openLogStore } from './log/store.ts'
import { type FileOptions, fileOptions } from './options.ts'
import { openTreeStore } from './tree/store.ts'

const log: Capabilities = {
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
}

const tree: Capabilities = { ...log, watch: true, optimize: false, maxValueBytes: 16_777_216 }

/** State in a folder that a person can look into and back up. */
export const file: PluginFunction<FileOptions> = definePlugin({
  name: 'file',
  capabilities: log,
  capabilitiesFor: ({ layout }) => (layout === 'tree' ? tree : log),
  optionsSchema: fileOptions,
  open: (options, context) =>
    options.layout === 'tree' ? openTreeStore(options, context) : openLogStore(options, context),
})
