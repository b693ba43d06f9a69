export { isStateError, type StateErrorCode } from '@switchyard/core'
export type {
  Client,
  KeyedRemoteEntry,
  PatchOptions,
  RemoteBackend,
  RemoteEntry,
  RemoteWatch,
  RemoteWatchOptions,
  SetRemoteOptions,
  SwitchStatus,
} from './client.ts'
export { createClient } from './create-client.ts'
export type { ClientOptions } from './options.ts'
export type { RemoteCapabilities, RemoteOptions } from './remote/options.ts'
export { remote } from './remote/plugin.ts'
