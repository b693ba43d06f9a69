import { join } from 'node:path'
import type { State, SwitchJournal } from '@switchyard/core'
import { DEFAULT_ACCESS } from '../access/settings.ts'
import { DEFAULT_AUDIT } from '../audit/audit.ts'
import type { ServerConfig } from '../config/settings.ts'
import { DEFAULT_LIMITS } from '../limits/settings.ts'
import type { Switches } from '../switches/switches.ts'
import type { DebugRegistry } from './debug-registry.ts'
import type { SwitchPhases } from './switch-phases.ts'

export interface StateComponentSources {
  readonly state: State
  readonly journal: Pick<SwitchJournal, 'read'>
  readonly switches: Switches
  readonly phases: SwitchPhases
  /** What it was started with. */
  readonly config: ServerConfig
  /** What was applied of the configuration file since. */
  readonly current: () => ServerConfig
  /** File in the data folder that this process holds locked. */
  readonly lockFile: string
}

/** The components that are about the state and what it was configured with. */
export function registerStateComponents(debug: DebugRegistry, sources: StateComponentSources): void {
  const { state, journal, switches, phases, config, current, lockFile } = sources
  const lockedAt = Date.now()

  debug.register('backends', async () => {
    const { active } = state.backends
    const backends = state.backends.list().map(async ({ name, plugin, capabilities, open }) => ({
      name,
      plugin,
      active: name === active,
      open,
      capabilities,
      // To look at a backend must not open it.
      ...(open && { health: await state.backends.health(name) }),
    }))
    return { active, backends: await Promise.all(backends) }
  })

  debug.register('switch', () => ({ phase: phases.current, latest: switches.latest() ?? null }))
  debug.register('switch', async () => ({ restoring: (await journal.read())?.restoring ?? null }))

  debug.register('locks', () => ({
    locks: [{ file: join(config.dataDir, lockFile), pid: process.pid, lockedAt }],
  }))

  debug.register('config', () => {
    const { backends } = current().state
    const { tokens, ...access } = current().access ?? DEFAULT_ACCESS
    return {
      server: config.server,
      limits: config.limits ?? DEFAULT_LIMITS,
      audit: config.audit ?? DEFAULT_AUDIT,
      access: {
        ...access,
        // Their hashes are left out.
        tokens: tokens.map(({ name, scopes, prefixes, expires }) => ({
          name,
          scopes,
          ...(prefixes !== undefined && { prefixes }),
          ...(expires !== undefined && { expires }),
        })),
      },
      state: {
        ...config.state,
        // Options of plugins are left out, as there are passwords among them.
        backends: Object.fromEntries(
          Object.entries(backends).map(([name, { plugin }]) => [name, { plugin: plugin.name }]),
        ),
      },
      dataDir: config.dataDir,
      encryptsBackups: config.backupKey !== undefined,
    }
  })
}
