export { isStateError, type StateErrorCode } from '@switchyard/core'
export type { AuditEntry, AuditOptions } from './audit.ts'
export type { BackupDetails, BackupFile, MadeBackup, RestoredBackup, RestoreOptions } from './backups.ts'
export type {
  Client,
  KeyedRemoteEntry,
  PatchOptions,
  RemoteBackend,
  RemoteEntry,
  SetRemoteOptions,
} from './client.ts'
export type { ConfigSnapshot, PatchConfigOptions, RuntimeSettings, SettingsPatch } from './config.ts'
export { createClient } from './create-client.ts'
export type { Component, DebugState, RecentTraffic } from './debug-state.ts'
export type { ClientOptions } from './options.ts'
export type { RemoteCapabilities, RemoteOptions } from './remote/options.ts'
export { remote } from './remote/plugin.ts'
export type { ServerEvent } from './server-events.ts'
export type { SwitchStatus } from './switch-status.ts'
export type { RemoteWatch, RemoteWatchOptions } from './watch.ts'
