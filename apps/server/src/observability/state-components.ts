import { join } from 'node:path'
import type { State } from '@switchyard/core'
import type { ServerConfig } from '../config/settings.ts'
import type { Switches } from '../switches/switches.ts'
import type { DebugRegistry } from './debug-registry.ts'
import type { SwitchPhases } from './switch-phases.ts'

export interface StateComponentSources {
  readonly state: State
  readonly switches: Switches
  readonly phases: SwitchPhases
  readonly config: ServerConfig
  /** File in the data folder that this process holds locked. */
  readonly lockFile: string
}

/** The components that are about the state and what it was configured with. */
export function registerStateComponents(debug: DebugRegistry, sources: StateComponentSources): void {
  const { state, switches, phases, config, lockFile } = sources
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

  debug.register('locks', () => ({
    locks: [{ file: join(config.dataDir, lockFile), pid: process.pid, lockedAt }],
  }))

  // Options of plugins are left out, as there are passwords among them.
  debug.register('config', () => ({
    server: config.server,
    state: {
      ...config.state,
      backends: Object.fromEntries(
        Object.entries(config.state.backends).map(([name, { plugin }]) => [name, { plugin: plugin.name }]),
      ),
    },
    dataDir: config.dataDir,
    encryptsBackups: config.backupKey !== undefined,
  }))
}
