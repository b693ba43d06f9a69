import { isDeepStrictEqual } from 'node:util'
import type { FileConfig } from '../config/file-config.ts'

/** Fields whose changes are applied without a restart. */
const APPLIED: ReadonlySet<string> = new Set([
  'access.tokens',
  'server.logLevel',
  'state.backends',
  'state.cleanupInterval',
])

/** Paths of the fields that differ, such as `server.port`. */
export function changedFields(before: FileConfig, after: FileConfig): readonly string[] {
  const sections = namesOf(before, after) as (keyof FileConfig)[]
  return sections.flatMap((section) => {
    const [one, other] = [before[section] as Section, after[section] as Section]
    return namesOf(one, other)
      .filter((name) => !isDeepStrictEqual(one[name], other[name]))
      .map((name) => `${section}.${name}`)
  })
}

/** Those that differ and are heeded only at the start. */
export function fieldsForRestart(started: FileConfig, after: FileConfig): readonly string[] {
  return changedFields(started, after).filter((path) => !APPLIED.has(path))
}

export interface BackendChanges {
  /** Gone, or to be opened with other options. */
  readonly removed: readonly string[]
  /** New, or with other options. */
  readonly added: readonly string[]
}

export function backendChanges(before: FileConfig, after: FileConfig): BackendChanges {
  const [one, other] = [before.state.backends ?? {}, after.state.backends ?? {}]
  const changed = namesOf(one, other).filter((name) => !isDeepStrictEqual(one[name], other[name]))
  return {
    removed: changed.filter((name) => Object.hasOwn(one, name)),
    added: changed.filter((name) => Object.hasOwn(other, name)),
  }
}

type Section = Readonly<Record<string, unknown>>

function namesOf(one: object, other: object): readonly string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
}
