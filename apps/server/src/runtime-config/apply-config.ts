import { type State, StateError, type SwitchJournal } from '@switchyard/core'
import type { FastifyBaseLogger } from 'fastify'
import type { Access } from '../access/access.ts'
import type { LoadedConfig } from '../config/origin.ts'
import { type BackendIdentities, identitiesOf, type JournalNames } from '../switches/backend-identities.ts'
import { backendChanges, changedFields } from './config-changes.ts'
import type { RuntimeConfig } from './runtime-config.ts'
import { defaultsOf } from './settings.ts'

/** What a changed configuration is applied to. */
export interface ApplyConfigOptions {
  readonly state: State
  readonly runtimeConfig: RuntimeConfig
  readonly access: Pick<Access, 'replaceTokens'>
  readonly journal: Pick<SwitchJournal, 'read'>
  readonly names: Pick<JournalNames, 'isSame' | 'set'>
  readonly log: FastifyBaseLogger
}

/** Goes from the one configuration to the other. Rejects with the reason if that is not possible; then it has gone back. */
export type ApplyConfig = (current: LoadedConfig, next: LoadedConfig) => Promise<void>

type Undo = (() => unknown)[]

export function createApplyConfig(options: ApplyConfigOptions): ApplyConfig {
  const { state, runtimeConfig, access, journal, names, log } = options
  const { backends } = state

  /** No data is touched: core refuses to remove what serves, is switched to or can be rolled back to. */
  async function exchangeBackends(current: LoadedConfig, next: LoadedConfig, undo: Undo): Promise<void> {
    const { removed, added } = backendChanges(current.origin.settings, next.origin.settings)
    const identities = identitiesOf(next)
    // Before anything is touched. With a backend that is removed its old copy is forgotten.
    await refuseLeftovers(
      added.filter((name) => !removed.includes(name)),
      identities,
    )
    for (const name of removed) {
      const backend = current.state.backends[name]
      // Also where it cannot be closed it is gone; where it is refused it is still there.
      if (backend !== undefined) undo.unshift(() => isThere(name) || backends.register(name, backend))
      await backends.unregister(name)
    }
    for (const name of added) {
      const backend = next.state.backends[name]
      if (backend === undefined) continue
      undo.unshift(names.set(name, identities.get(name)))
      backends.register(name, backend)
      undo.unshift(() => backends.unregister(name))
    }
  }

  function isThere(name: string): boolean {
    return backends.list().some((one) => one.name === name)
  }

  /** A switch to such a backend removes what it holds, and that is something else if it is another backend. */
  async function refuseLeftovers(added: readonly string[], identities: BackendIdentities): Promise<void> {
    const leftovers = (await journal.read())?.leftovers ?? []
    const name = added.find((one) => leftovers.includes(one) && !names.isSame(one, identities.get(one)))
    if (name === undefined) return
    const message = `state.backends.${name}: an earlier switch has left an old copy in another backend of this name, which the next switch to it removes; take another name`
    throw new StateError('BACKEND_IN_USE', message, { backend: name })
  }

  async function goBack(undo: Undo): Promise<void> {
    for (const step of undo) {
      try {
        await step()
      } catch (error) {
        log.error({ err: error }, 'A change of the configuration could not be undone')
      }
    }
  }

  return async (current, next) => {
    const fields = changedFields(current.origin.settings, next.origin.settings)
    const undo: Undo = []
    try {
      await exchangeBackends(current, next, undo)
      await runtimeConfig.replaceDefaults(defaultsOf(next))
      undo.unshift(() => runtimeConfig.replaceDefaults(defaultsOf(current)))
      // Last, as there is no way back from some tokens to none.
      if (fields.includes('access.tokens')) await access.replaceTokens(next.access?.tokens ?? [])
    } catch (error) {
      await goBack(undo)
      throw error
    }
  }
}
