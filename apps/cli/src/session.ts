import { join } from 'node:path'
import {
  createState,
  fileJournal,
  isStateError,
  openStore,
  type State,
  StateError,
  type SwitchJournal,
} from '@switchyard/core'
import { type DirectoryLock, lockDirectory } from '@switchyard/file'
import {
  contentCodec,
  isDataFolder,
  loadConfig,
  openJournalNames,
  type ServerConfig,
} from '@switchyard/server'
import type { Output } from './output.ts'

/** Options of every command. */
export interface GlobalOptions {
  readonly config?: string
  readonly dataDir?: string
  readonly json?: boolean
}

/** What can be asked of a state beside a server that uses it. */
export type ReadableState = Pick<State, 'backends' | 'getEntry' | 'keys' | 'stats' | 'planSwitch'>

/** What a command works with. */
export interface Session {
  readonly output: Output
  /** Aborts with Ctrl-C. */
  readonly signal: AbortSignal
  config(): Promise<ServerConfig>
  /** @throws StateError `INVALID_OPTIONS` if no server has run with the data folder: what reads it must not begin a new one */
  requireData(): Promise<void>
  /** The state on the backend that the journal or the configuration names, for as long as the work takes. */
  reading<T>(work: (state: ReadableState) => Promise<T>): Promise<T>
  /**
   * The same to be changed: while no server runs on the data folder, and none can be started.
   *
   * @throws StateError `LOCKED` if one does
   */
  alone<T>(work: (state: State) => Promise<T>): Promise<T>
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

  async function withState<T>(
    loaded: ServerConfig,
    journal: SwitchJournal,
    work: (state: State) => Promise<T>,
  ): Promise<T> {
    const state = await createState({
      ...loaded.state,
      journal,
      codec: contentCodec,
      cleanupInterval: false,
      logger,
    })
    try {
      return await work(state)
    } finally {
      await state.close()
    }
  }

  async function requireData(): Promise<void> {
    const { dataDir: folder } = await load()
    if (await isDataFolder(folder)) return
    const message = `No server has run with the data folder '${folder}'; give that of the server with --data-dir, or run it first`
    throw new StateError('INVALID_OPTIONS', message)
  }

  return {
    output,
    signal,
    config: load,
    requireData,
    async reading(work) {
      const loaded = await load()
      await requireData()
      return withState(loaded, onlyRead(fileJournal(join(loaded.dataDir, 'switch.json'))), work)
    },
    async alone(work) {
      const loaded = await load()
      const lock = await lockOut(loaded.dataDir)
      try {
        const names = await openJournalNames({ config: loaded, onForgotten: logger.warn })
        return await withState(loaded, names.journal, async (state) => {
          await names.serves(state.backends.active)
          return work(state)
        })
      } finally {
        lock.release()
      }
    },
    async withStore(name, work) {
      const { state } = await load()
      const backend = state.backends[name]
      if (backend === undefined) {
        const message = `There is no backend '${name}'; there are: ${Object.keys(state.backends).join(', ')}`
        throw new StateError('UNKNOWN_BACKEND', message, { backend: name })
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

/** A switch that seems to have been cut off may be one that a server is about to commit: only who is alone may end it. */
function onlyRead({ read }: SwitchJournal): SwitchJournal {
  return { read, write: async () => {} }
}

/** Of servers on that folder, and of other commands that change something. */
async function lockOut(dataDir: string): Promise<DirectoryLock> {
  try {
    return await lockDirectory(dataDir, 'server.lock')
  } catch (error) {
    if (!isStateError(error, 'LOCKED')) throw error
    throw new StateError('LOCKED', `${error.message}. If that is a server, use its API`, { cause: error })
  }
}
