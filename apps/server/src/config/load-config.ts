import { join, resolve } from 'node:path'
import type { Backend } from '@switchyard/core'
import { ConfigError } from './config-error.ts'
import type { BackendConfig, FileConfig } from './file-config.ts'
import { checked } from './issues.ts'
import { loadPlugin } from './load-plugin.ts'
import type { LoadedConfig } from './origin.ts'
import { type ConfigFile, configPaths, parseConfigFile, readConfigFile } from './read-file.ts'
import { fileSchema } from './schema.ts'
import type { ServerConfig, ServerSettings } from './settings.ts'

export interface ConfigSource {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What is served without a configuration: what was acknowledged survives a power cut. */
const DEFAULT_BACKENDS: Readonly<Record<string, BackendConfig>> = {
  local: { plugin: '@switchyard/sqlite', options: { path: 'state.db', durability: 'full' } },
}

/**
 * Reads the configuration file and the environment, and loads the plugins that they name. Nothing is opened.
 *
 * @throws ConfigError naming every field that is wrong, the reason, and what is allowed.
 */
export async function loadConfig(source: ConfigSource): Promise<ServerConfig> {
  return configFrom(source, await readConfigFile(source.cwd, set(source.env['SWITCHYARD_CONFIG'])))
}

async function configFrom(source: ConfigSource, file: ConfigFile | undefined): Promise<LoadedConfig> {
  const { cwd, env } = source
  const named = set(env['SWITCHYARD_CONFIG'])
  const settings = checked(fileSchema, file === undefined ? {} : parseConfigFile(file), '')
  const { limits, state, access, audit }: FileConfig = settings
  const dataDir = resolve(cwd, set(env['SWITCHYARD_DATA_DIR']) ?? 'data')
  const parent = file?.path ?? join(cwd, 'switchyard.yaml')
  const { backends = DEFAULT_BACKENDS, cleanupInterval, maxConcurrentOperations, maxQueuedOperations } = state
  const backupKey = set(env['SWITCHYARD_BACKUP_KEY'])
  const server = { ...settings.server, ...serverFrom(env) }
  const active = activeOf(Object.keys(backends), state.active, set(env['SWITCHYARD_ACTIVE']))
  return {
    ...(backupKey !== undefined && { backupKey }),
    server,
    limits,
    state: {
      active,
      backends: await loadBackends(backends, parent, dataDir),
      ...(cleanupInterval === undefined ? {} : { cleanupInterval }),
      ...(maxConcurrentOperations === undefined ? {} : { maxConcurrentOperations }),
      ...(maxQueuedOperations === undefined ? {} : { maxQueuedOperations }),
    },
    access,
    audit,
    dataDir,
    origin: {
      file,
      settings: { ...settings, server, state: { ...state, active, backends } },
      paths: configPaths(cwd, named),
      read: () => readConfigFile(cwd, named),
      load: (changed) => configFrom(source, changed),
    },
  }
}

/** An empty variable is as good as none. */
function set(variable: string | undefined): string | undefined {
  return variable === '' ? undefined : variable
}

function serverFrom(env: ConfigSource['env']): Partial<ServerSettings> {
  const host = set(env['HOST'])
  const port = set(env['PORT'])
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw new ConfigError(`PORT: expected a whole number from 0 to 65535, got ${JSON.stringify(port)}`)
  }
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port: Number(port) }) }
}

function activeOf(names: readonly string[], named: string | undefined, override: string | undefined): string {
  const active = override ?? named ?? (names.length === 1 ? names[0] : undefined)
  const where = override === undefined ? 'state.active' : 'SWITCHYARD_ACTIVE'
  const allowed = `expected one of the backends: ${names.join(', ') || 'there are none'}`
  if (active === undefined) throw new ConfigError(`${where}: is missing; ${allowed}`)
  if (!names.includes(active)) throw new ConfigError(`${where}: ${allowed}; got ${JSON.stringify(active)}`)
  return active
}

async function loadBackends(
  backends: Readonly<Record<string, BackendConfig>>,
  parent: string,
  dataDir: string,
): Promise<Record<string, Backend>> {
  const loaded: [string, Backend][] = []
  for (const [name, { plugin: reference, options = {} }] of Object.entries(backends)) {
    const at = `state.backends.${name}`
    const plugin = await loadPlugin(reference, parent, `${at}.plugin`)
    // As it stands in the file first: what is wrong is told in the operator's own words.
    checked(plugin.plugin.optionsSchema, options, `${at}.options`)
    loaded.push([name, plugin(inDataDir(options, dataDir))])
  }
  return Object.fromEntries(loaded)
}

/** An option `path` that is relative starts in the data folder, for every plugin. */
function inDataDir(options: unknown, dataDir: string): unknown {
  const { path } = options as { readonly path?: unknown }
  return typeof path === 'string' ? { ...(options as object), path: resolve(dataDir, path) } : options
}
