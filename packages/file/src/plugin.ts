import { type Capabilities, definePlugin, type PluginFunction } from '@switchyard/core'
import { openLogStore } from './log/store.ts'
import { type FileOptions, fileOptions } from './options.ts'
import { openTreeStore } from './tree/store.ts'

const log = {
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
} as const satisfies Capabilities

const tree = { ...log, watch: true, optimize: false, maxValueBytes: 16_777_216 } satisfies Capabilities

/** State in a folder: as a log that is only appended to, or as a tree of files that people can edit. */
export const file: PluginFunction<FileOptions> = definePlugin<FileOptions, Capabilities>({
  name: 'file',
  capabilities: log,
  capabilitiesFor: ({ layout }) => (layout === 'tree' ? tree : log),
  optionsSchema: fileOptions,
  open: (options, context) =>
    options.layout === 'tree' ? openTreeStore(options, context) : openLogStore(options, context),
})
