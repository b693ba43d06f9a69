import type { FileConfig } from './file-config.ts'
import type { ConfigFile } from './read-file.ts'
import type { ServerConfig } from './settings.ts'

/** Where a configuration came from, so that its changes can be followed. */
export interface ConfigOrigin {
  /** Undefined: there was none, and the defaults went. */
  readonly file: ConfigFile | undefined
  /** What the file and the environment say, with the defaults of what they do not say. */
  readonly settings: FileConfig
  /** Where a file may be. */
  readonly paths: readonly string[]
  /** The file as it is now. @throws ConfigError */
  read(): Promise<ConfigFile | undefined>
  /** What the server would be started with, with this file. @throws ConfigError */
  load(file: ConfigFile): Promise<LoadedConfig>
}

/** A configuration that tells where it came from. */
export type LoadedConfig = ServerConfig & { readonly origin: ConfigOrigin }
