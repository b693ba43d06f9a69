import { type Capabilities, definePlugin, type PluginFunction } from '@switchyard/core'
import { MAX_KEY_BYTES, MAX_VALUE_BYTES, type RemoteOptions, remoteOptions } from './options.ts'
import { openRemoteStore } from './store.ts'

const capabilities: Capabilities = {
  ttl: 'lazy',
  atomicity: 'store',
  transactions: true,
  durable: true,
  shared: true,
  ordered: true,
  watch: false,
  optimize: false,
  maxKeyBytes: MAX_KEY_BYTES,
  maxValueBytes: MAX_VALUE_BYTES,
}

/** What a backend with these options declares. */
function capabilitiesFor({ capabilities: given = {} }: RemoteOptions): Capabilities {
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...capabilities, ...Object.fromEntries(known) }
}

/** State in the active backend of a Switchyard server. */
export const remote: PluginFunction<RemoteOptions> = /* @__PURE__ */ definePlugin<
  RemoteOptions,
  Capabilities
>({
  name: 'remote',
  capabilities,
  capabilitiesFor,
  optionsSchema: remoteOptions,
  open: (options, { signal }) => openRemoteStore(options, capabilitiesFor(options), signal),
})
