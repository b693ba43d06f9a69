import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Backend, State } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { createServer, DEFAULT_SERVER, type ServerSettings, type TokenSettings } from '@switchyard/server'
import { sqlite } from '@switchyard/sqlite'

export interface StartOptions extends Partial<ServerSettings> {
  /** Default: SQLite, and memory beside it. */
  readonly backends?: Readonly<Record<string, Backend>>
  /** Default: the first one. */
  readonly active?: string
  /** Default: none, so that everybody may do everything. */
  readonly tokens?: readonly TokenSettings[]
}

export interface RunningServer {
  readonly url: string
  readonly port: number
  /** What it serves. */
  readonly state: State
  /** Ends the connections on which nothing is asked, and resolves when there is none left. */
  disconnected(): Promise<void>
  close(): Promise<void>
}

const SETTINGS: ServerSettings = { ...DEFAULT_SERVER, port: 0, logLevel: 'silent' }

/** A real server on a free port, with a folder of its own that goes with it. */
export async function startServer({
  backends,
  active,
  tokens = [],
  ...settings
}: StartOptions = {}): Promise<RunningServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-client-'))
  const all = backends ?? { local: sqlite({ path: join(dataDir, 'state.db') }), cache: memory() }
  const server = await createServer({
    server: { ...SETTINGS, ...settings },
    state: { backends: all, active: active ?? (Object.keys(all)[0] as string), cleanupInterval: false },
    access: { tokens, sessionIdle: '30m', sessionLifetime: '12h' },
    dataDir,
  })
  const url = await server.listen()
  const { server: http } = server.app
  const connections = promisify(http.getConnections.bind(http))
  return {
    url,
    port: Number(new URL(url).port),
    state: server.state,
    async disconnected() {
      for (http.closeIdleConnections(); (await connections()) > 0; http.closeIdleConnections()) await sleep(1)
    },
    async close() {
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
