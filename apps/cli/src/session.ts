import { join } from 'node:path'
import { createState, fileJournal, openStore, type State } from '@switchyard/core'
import { lockDirectory } from '@switchyard/file'
import { contentCodec, loadConfig, type ServerConfig } from '@switchyard/server'
import type { Output } from './output.ts'

/** Options of every command. */
export interface GlobalOptions {
  readonly config?: string
  readonly dataDir?: string
  readonly json?: boolean
}

/** What a command works with. */
export interface Session {
  readonly output: Output
  /** Aborts with Ctrl-C. */
  readonly signal: AbortSignal
  config(): Promise<ServerConfig>
  /** The state on the backend that the journal or the configuration names, for as long as the work takes. */
  withState<T>(work: (state: State, config: ServerConfig) => Promise<T>): Promise<T>
  /** The same while no server runs on the data folder, and none can be started. */
  alone<T>(work: (state: State, config: ServerConfig) => Promise<T>): Promise<T>
  /** The store of one backend. */
  withStore<T>(name: string, work: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>): Promise<T>
}

export function createSession(
  { config, dataDir }: GlobalOptions,
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Session {
  const given = {
    ...env,
    ...(config !== undefined && { SWITCHYARD_CONFIG: config }),
    ...(dataDir !== undefined && { SWITCHYARD_DATA_DIR: dataDir }),
  }
  const load = (): Promise<ServerConfig> => loadConfig({ cwd: process.cwd(), env: given })
  const logger = { warn: (message: string) => output.note(message) }

  async function withState<T>(work: (state: State, config: ServerConfig) => Promise<T>): Promise<T> {
    const loaded = await load()
    const journal = fileJournal(join(loaded.dataDir, 'switch.json'))
    const state = await createState({
      ...loaded.state,
      journal,
      codec: contentCodec,
      cleanupInterval: false,
      logger,
    })
    try {
      return await work(state, loaded)
    } finally {
      await state.close()
    }
  }

  return {
    output,
    signal,
    config: load,
    withState,
    async alone(work) {
      const lock = await lockDirectory((await load()).dataDir, 'server.lock')
      try {
        return await withState(work)
      } finally {
        lock.release()
      }
    },
    async withStore(name, work) {
      const { state } = await load()
      const backend = state.backends[name]
      if (backend === undefined) {
        throw new UsageError(
          `There is no backend '${name}'; there are: ${Object.keys(state.backends).join(', ')}`,
        )
      }
      const store = await openStore(backend, { backend: name, logger })
      try {
        return await work(store)
      } finally {
        await store.close()
      }
    },
  }
}

/** Arguments that make no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
