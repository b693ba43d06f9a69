import { isStateError } from '@switchyard/core'
import type { FastifyBaseLogger } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/origin.ts'
import type { ConfigFile } from '../config/read-file.ts'
import { RequestError } from '../problems/request-error.ts'
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
  /** Unix ms; when it is tried again, where the reason may pass. */
  readonly retryAt?: number
}

export interface ConfigFollower {
  /** What was applied last. */
  readonly current: LoadedConfig
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

/** After which it is tried again; doubled each time, as each is a line of the audit. */
const RETRY_MS = 5000
const MAX_RETRY_MS = 60_000

/**
 * Applies each valid change of the configuration file, whole or not at all. One that cannot be applied for now, though it is
 * valid, is tried again until it can, or until the file changes: there may be a token in it that is to be refused.
 */
export function followConfig(options: ConfigFollowerOptions): ConfigFollower {
  const { config: started, state, audit, log } = options
  const { origin } = started
  const apply = createApplyConfig(options)
  let current = started
  let latestChange: ConfigChange | null = null
  let latest: Reading | undefined
  let latestWork: Promise<void> = Promise.resolve()
  let isClosed = false

  function atRestart(): readonly string[] {
    return fieldsForRestart(origin.settings, current.origin.settings).filter(
      // What it names serves already, by a switch.
      (field) => field !== 'state.active' || current.state.active !== state.backends.active,
    )
  }

  /** One after the other: what the file says, and what is tried again. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    latestWork = latestWork.then(work)
    return latestWork
  }

  function onChange(reading: Reading): Promise<void> {
    latest = reading
    return inTurn(() => attempt(reading, Date.now(), RETRY_MS))
  }

  /** @param at when the file was changed */
  async function attempt(reading: Reading, at: number, retryMs: number): Promise<void> {
    if (isClosed || reading !== latest) return
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
      const isTriedAgain = mayPass(error)
      if (latestChange?.at !== at || latestChange.reason !== reason) {
        const again = isTriedAgain ? '; it is tried again' : ''
        log.warn(`The changed configuration file is ignored: ${reason}${again}`)
      }
      latestChange = {
        at,
        outcome: 'ignored',
        reason,
        ...(isTriedAgain && { retryAt: Date.now() + retryMs }),
      }
      if (!isTriedAgain) return
      const nextMs = Math.min(2 * retryMs, MAX_RETRY_MS)
      setTimeout(() => void inTurn(() => attempt(reading, at, nextMs)), retryMs).unref()
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
    get current() {
      return current
    },
    get status() {
      return { file: current.origin.file?.path ?? null, latestChange, atRestart: atRestart() }
    },
    async close() {
      isClosed = true
      await watched.close()
      await latestWork
    },
  }
}

/** Whether the same change could be applied later. */
function mayPass(error: unknown): boolean {
  if (error instanceof RequestError) return error.code === 'AUDIT_UNAVAILABLE'
  return isStateError(error) && PASSING.has(error.code)
}

const PASSING: ReadonlySet<string> = new Set([
  'BACKEND_IN_USE',
  'FULL',
  'OUTCOME_UNKNOWN',
  'TIMEOUT',
  'UNAVAILABLE',
])

function identityOf(reading: Reading): string {
  if ('error' in reading) return `error ${reading.error.message}`
  return reading.file === undefined ? 'none' : `file ${reading.file.path}\0${reading.file.text}`
}
