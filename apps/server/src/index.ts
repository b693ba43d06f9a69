export type { AccessSettings, TokenSettings } from './access/settings.ts'
export type { AuditSettings } from './audit/audit.ts'
export { ConfigError } from './config/config-error.ts'
export { type ConfigSource, loadConfig } from './config/load-config.ts'
export {
  DEFAULT_SERVER,
  type ServerConfig,
  type ServerSettings,
  type StateSettings,
} from './config/settings.ts'
export { contentCodec } from './content/content-codec.ts'
export { createServer, type SwitchyardServer } from './create-server.ts'
export { isDataFolder } from './data-folder.ts'
export { runServer } from './run-server.ts'
export { openSettings } from './runtime-config/open-settings.ts'
export type { ConfigSnapshot, RuntimeConfig } from './runtime-config/runtime-config.ts'
export type { RuntimeSettings } from './runtime-config/settings.ts'
export {
  checkJournalNames,
  type JournalNames,
  type JournalNamesOptions,
  openJournalNames,
} from './switches/backend-identities.ts'
