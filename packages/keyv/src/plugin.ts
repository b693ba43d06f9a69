import { type Capabilities, definePlugin, type PluginFunction } from '@switchyard/core'
import { type KeyvOptions, keyvOptions } from './options.ts'
import { openKeyvStore } from './store.ts'

const capabilities = {
  ttl: 'lazy',
  atomicity: 'process',
  transactions: false,
  durable: false,
  shared: false,
  ordered: false,
  watch: false,
  optimize: false,
  maxKeyBytes: 1024,
  maxValueBytes: 16_777_216,
} as const satisfies Capabilities

/** State in a storage adapter of Keyv. */
export const keyv: PluginFunction<KeyvOptions> = definePlugin<KeyvOptions, Capabilities>({
  name: 'keyv',
  capabilities,
  capabilitiesFor: ({ durable = false, shared = false }) => ({ ...capabilities, durable, shared }),
  optionsSchema: keyvOptions,
  open: openKeyvStore,
})
