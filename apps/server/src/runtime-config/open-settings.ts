import { join } from 'node:path'
import type { ServerConfig } from '../config/settings.ts'
import { overridesFile } from './overrides-file.ts'
import { openRuntimeConfig, type RuntimeConfig } from './runtime-config.ts'
import { defaultsOf } from './settings.ts'

/**
 * The runtime settings of a data folder. It is only read until one is changed.
 *
 * @throws StateError `CORRUPT`, `UNAVAILABLE`
 */
export function openSettings(
  config: Pick<ServerConfig, 'server' | 'state' | 'dataDir'>,
  onError: (error: unknown) => void,
): Promise<RuntimeConfig> {
  const file = overridesFile(join(config.dataDir, 'config.json'))
  return openRuntimeConfig({ defaults: defaultsOf(config), file, onError })
}
