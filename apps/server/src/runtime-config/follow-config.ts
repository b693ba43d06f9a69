import type { FastifyBaseLogger } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/origin.ts'
import type { ConfigFile } from '../config/read-file.ts'
import { type ApplyConfigOptions, createApplyConfig } from './apply-config.ts'
import { changedFields, fieldsForRestart } from './config-changes.ts'
import { watchFile } from './watch-file.ts'

/** What became of the latest change of the configuration file. */
export interface ConfigChange {
  /** Unix ms. */
  readonly at: number
  /** A change that is ignored leaves everything as it was. */
  readonly outcome: 'applied' | 'ignored'
  /** Why it is ignored. */
  readonly reason?: string
  /** The fields that were changed. */
  readonly fields?: readonly string[]
}

export interface ConfigFollower {
  readonly status: {
    readonly file: string | null
    readonly latestChange: ConfigChange | null
    /** Fields that were changed and take effect when the server is started again. */
    readonly atRestart: readonly string[]
  }
  /** Resolves when the change that is being applied, if any, has been. */
  close(): Promise<void>
}

export interface ConfigFollowerOptions extends ApplyConfigOptions {
  /** What the server was started with. */
  readonly config: LoadedConfig
  readonly audit: Pick<Audit, 'admin'>
  readonly log: FastifyBaseLogger
}

/** What reading the file gave. */
type Reading = { readonly file: ConfigFile | undefined } | { readonly error: Error }

/** Applies each valid change of the configuration file, whole or not at all. */
export function followConfig(options: ConfigFollowerOptions): ConfigFollower {
  const { config: started, state, audit, log } = options
  const { origin } = started
  const apply = createApplyConfig(options)
  let current = started
  let latestChange: ConfigChange | null = null

  function atRestart(): readonly string[] {
    return fieldsForRestart(origin.settings, current.origin.settings).filter(
      // What it names serves already, by a switch.
      (field) => field !== 'state.active' || current.state.active !== state.backends.active,
    )
  }

  async function onChange(reading: Reading): Promise<void> {
    const at = Date.now()
    try {
      const next = await load(reading)
      const fields = changedFields(current.origin.settings, next.origin.settings)
      await audit.admin('configuration', 'changeConfiguration', { fields }, () => apply(current, next))
      current = next
      latestChange = { at, outcome: 'applied', fields }
      log.info({ fields }, 'The changed configuration file was applied')
      const later = atRestart()
      if (later.length > 0) log.warn(`Takes effect when the server is started again: ${later.join(', ')}`)
    } catch (error) {
      const reason = (error as Error).message
      latestChange = { at, outcome: 'ignored', reason }
      log.warn(`The changed configuration file is ignored: ${reason}`)
    }
  }

  async function read(): Promise<Reading> {
    try {
      return { file: await origin.read() }
    } catch (error) {
      return { error: error as Error }
    }
  }

  async function load(reading: Reading): Promise<LoadedConfig> {
    if ('error' in reading) throw reading.error
    // What is gone or empty is more likely on its way than meant to be the defaults.
    if (reading.file === undefined) throw new ConfigError('it is gone')
    if (reading.file.text.trim() === '') throw new ConfigError(`${reading.file.path} is empty`)
    return origin.load(reading.file)
  }

  const watched = watchFile<Reading>({
    paths: origin.paths,
    read,
    isSame: (one, other) => identityOf(one) === identityOf(other),
    initial: { file: origin.file },
    onChange,
  })

  return {
    get status() {
      return { file: current.origin.file?.path ?? null, latestChange, atRestart: atRestart() }
    },
    close: () => watched.close(),
  }
}

function identityOf(reading: Reading): string {
  if ('error' in reading) return `error ${reading.error.message}`
  return reading.file === undefined ? 'none' : `file ${reading.file.path}\0${reading.file.text}`
}
