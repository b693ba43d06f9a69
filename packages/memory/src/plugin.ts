import { definePlugin, type PluginFunction } from '@switchyard/core'
import { type MemoryOptions, memoryOptions } from './options.ts'
import { createMemoryStore } from './store.ts'

const capabilities = {
  ttl: 'lazy',
  atomicity: 'process',
  transactions: true,
  durable: false,
  shared: false,
  ordered: true,
  watch: false,
  optimize: false,
  maxKeyBytes: 1024,
  maxValueBytes: 268_435_456,
} as const

/** State in this process's memory. It ends with the process. */
export const memory: PluginFunction<MemoryOptions, typeof capabilities> = definePlugin({
  name: 'memory',
  capabilities,
  optionsSchema: memoryOptions,
  open: async (options, context) => createMemoryStore(options, context),
})
