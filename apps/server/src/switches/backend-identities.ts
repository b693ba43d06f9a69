import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { fileJournal, replaceFile, StateError, type SwitchJournal, type SwitchRecord } from '@switchyard/core'
import { ConfigError } from '../config/config-error.ts'
import type { ServerConfig } from '../config/settings.ts'

/** Tells one backend from another of the same name, and nothing of its options. */
export interface BackendIdentity {
  readonly plugin: string
  /** False: what it holds ends with the process, so that no other one can be taken for it later. */
  readonly durable: boolean
  readonly digest: string
}

/** By the name of the backend. */
export type BackendIdentities = ReadonlyMap<string, BackendIdentity>

/** Which backends the names in the journal stand for. */
export interface JournalNames {
  /** The journal; with each record the identities of its names are kept, before it is written. */
  readonly journal: SwitchJournal
  /** What it said of the run before. */
  readonly before: SwitchRecord | undefined
  /** Whether the name stands for this backend. */
  isSame(name: string, identity: BackendIdentity | undefined): boolean
  /** This backend has the name from now on. Returns what takes it back. */
  set(name: string, identity: BackendIdentity | undefined): () => void
  /** Keeps the identity of the one that serves, once it does. */
  serves(active: string): Promise<void>
}

export interface JournalNamesOptions {
  readonly config: ServerConfig
  /** Told why a backend is no leftover any more. */
  readonly onForgotten: (message: string) => void
}

/** Of the backends of a configuration that came from a file: there are no others whose options are known. */
export function identitiesOf({ origin, state }: ServerConfig): BackendIdentities {
  const identities = new Map<string, BackendIdentity>()
  for (const [name, { options = {} }] of Object.entries(origin?.settings.state.backends ?? {})) {
    const { plugin } = state.backends[name] ?? {}
    // In a server within another program there may be others in their place.
    if (plugin === undefined) continue
    // As they stand in the file: what a new version adds, or where the data folder is, makes no other backend.
    const digest = `sha256:${hash('sha256', canonicalJson([plugin.name, options]))}`
    identities.set(name, { plugin: plugin.name, durable: plugin.capabilities.durable, digest })
  }
  return identities
}

interface ReadNames {
  readonly path: string
  readonly journal: SwitchJournal
  readonly before: SwitchRecord | undefined
  readonly configured: Map<string, BackendIdentity>
  readonly kept: BackendIdentities
}

async function readNames(config: ServerConfig): Promise<ReadNames> {
  const path = join(config.dataDir, 'backends.json')
  const journal = fileJournal(join(config.dataDir, 'switch.json'))
  const configured = new Map(identitiesOf(config))
  const kept = await readIdentities(path)
  const before = await journal.read()
  const active = before?.active ?? config.state.active
  const identity = configured.get(active)
  const served = kept.get(active)
  if (served?.durable === true && !isIdentical(served, identity))
    throw otherServes(active, served, identity, path)
  return { path, journal, before, configured, kept }
}

/** Where there is none to compare with, it is taken for the same. */
function isIdentical(kept: BackendIdentity | undefined, identity: BackendIdentity | undefined): boolean {
  return identity === undefined || kept?.digest === identity.digest
}

/**
 * Compares the names in the data folder with the configuration as {@link openJournalNames} does, and changes nothing.
 *
 * @throws StateError `CORRUPT`, `UNAVAILABLE`
 * @throws ConfigError if another backend has the name of the one that serves
 */
export async function checkJournalNames(config: ServerConfig): Promise<void> {
  await readNames(config)
}

/**
 * Opens the journal of the data folder, and compares the names in it with the configuration, before any backend is opened. A name of a leftover that stands for
 * another backend by now is taken out of the journal, so that what is in that one is not removed.
 *
 * @throws ConfigError if another backend has the name of the one that serves
 */
export async function openJournalNames(options: JournalNamesOptions): Promise<JournalNames> {
  const { config, onForgotten } = options
  const { path, journal, before, configured, kept: found } = await readNames(config)
  let kept = found

  const isSame: JournalNames['isSame'] = (name, identity) => isIdentical(kept.get(name), identity)

  async function keep(names: readonly string[]): Promise<void> {
    const wanted = new Map<string, BackendIdentity>()
    for (const name of names) {
      const identity = configured.get(name) ?? kept.get(name)
      if (identity !== undefined) wanted.set(name, identity)
    }
    if (isDeepStrictEqual(wanted, kept)) return
    const content = { format: FORMAT, backends: Object.fromEntries(wanted) }
    await replaceFile(path, `${JSON.stringify(content, undefined, 2)}\n`)
    kept = wanted
  }

  async function forgetOthers(record: SwitchRecord): Promise<void> {
    const { latest } = record
    const isCutOff = latest?.state === 'prepared'
    const left = isCutOff ? [...new Set([...record.leftovers, latest.to])] : record.leftovers
    const others = left.filter((name) => !isSame(name, configured.get(name)))
    if (others.length === 0) return
    await journal.write({
      ...record,
      leftovers: left.filter((name) => !others.includes(name)),
      // Of a switch that was cut off the target is a leftover.
      ...(isCutOff && { latest: { ...latest, state: 'aborted' } }),
    })
    for (const name of others) {
      onForgotten(
        `'${name}' is another backend than the one of this name that a switch has left a copy in: what is in it is not removed by a switch without 'replace'`,
      )
    }
  }

  if (before !== undefined) await forgetOthers(before)

  return {
    journal: {
      read: () => journal.read(),
      async write(next) {
        await keep(namesIn(next))
        await journal.write(next)
      },
    },
    before,
    isSame,
    set(name, next) {
      const previous = configured.get(name)
      setOrDelete(configured, name, next)
      return () => setOrDelete(configured, name, previous)
    },
    async serves(name) {
      const present = await journal.read()
      await keep(present === undefined ? [name] : namesIn(present))
    },
  }
}

const FORMAT = 1

function namesIn({ active, leftovers, latest }: SwitchRecord): readonly string[] {
  // The target of a switch has a copy from here on.
  return [active, ...leftovers, ...(latest?.state === 'prepared' ? [latest.to] : [])]
}

function setOrDelete<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name)
  else map.set(name, value)
}

function otherServes(
  name: string,
  served: BackendIdentity,
  identity: BackendIdentity | undefined,
  path: string,
): ConfigError {
  const change =
    identity === undefined || served.plugin === identity.plugin
      ? 'its options were changed'
      : `its plugin was '${served.plugin}' and is '${identity.plugin}'`
  return new ConfigError(
    `state.backends.${name}: ${change} since it served, so it could hold other data, or none. Take that back, and move the data by a switch to a backend of another name; or, if it is meant and the data are the same, remove '${path}' and start again`,
  )
}

async function readIdentities(path: string): Promise<BackendIdentities> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return new Map()
    throw new StateError('UNAVAILABLE', `'${path}' cannot be read: ${message}`, { cause: error })
  }
  try {
    const { format, backends } = JSON.parse(text) as Record<string, unknown>
    if (format === FORMAT && typeof backends === 'object' && backends !== null) {
      return new Map(Object.entries(backends as Record<string, BackendIdentity>))
    }
  } catch {
    // Said below.
  }
  const message = `'${path}' does not say which backends served; put it right, or remove it to go by the configuration`
  throw new StateError('CORRUPT', message)
}

/** The same text for the same value, in whatever order its fields are. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
