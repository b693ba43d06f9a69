import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Backend } from '@switchyard/core'
import { sqlite } from '@switchyard/sqlite'
import { type AccessSettings, DEFAULT_ACCESS } from '../../src/access/settings.ts'
import { type AuditSettings, DEFAULT_AUDIT } from '../../src/audit/audit.ts'
import { DEFAULT_SERVER, type ServerSettings } from '../../src/config/settings.ts'
import { createServer, type SwitchyardServer } from '../../src/create-server.ts'
import { DEFAULT_LIMITS, type LimitSettings } from '../../src/limits/settings.ts'
import { afterFile } from './after-file.ts'
import { checkAnswers } from './check-answers.ts'

export interface RunningServer extends SwitchyardServer {
  readonly dataDir: string
  readonly url: string
  readonly port: number
}

export interface StartOptions extends Partial<ServerSettings> {
  /** Default: SQLite in a folder of its own. */
  readonly backends?: Readonly<Record<string, Backend>>
  readonly active?: string
  readonly access?: Partial<AccessSettings>
  readonly audit?: Partial<AuditSettings>
  readonly limits?: Partial<LimitSettings>
  /** Default: a folder of its own. */
  readonly dataDir?: string
}

/** A folder that is gone after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-server-'))
  afterFile(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A real server on a free port, closed after the tests of the file. */
export async function startServer({
  backends,
  active,
  access,
  audit,
  limits,
  dataDir: given,
  ...settings
}: StartOptions = {}): Promise<RunningServer> {
  const dataDir = given ?? (await temporaryFolder())
  const all = backends ?? { local: sqlite({ path: join(dataDir, 'state.db') }) }
  const server = await createServer({
    server: { ...DEFAULT_SERVER, port: 0, logLevel: 'silent', ...settings },
    state: { backends: all, active: active ?? (Object.keys(all)[0] as string), cleanupInterval: false },
    limits: { ...DEFAULT_LIMITS, ...limits },
    access: { ...DEFAULT_ACCESS, ...access },
    audit: { ...DEFAULT_AUDIT, ...audit },
    dataDir,
  })
  checkAnswers(server)
  const url = await server.listen()
  afterFile(() => server.close())
  return { ...server, dataDir, url, port: Number(new URL(url).port) }
}

/** The URL of a key. */
export function urlOf({ url }: { readonly url: string }, key: string, query = ''): string {
  return `${url}/v1/state/${encodeURIComponent(key)}${query}`
}

/** A request with a JSON body. */
export function json(
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
}

/** The version in an ETag. */
export function etagOf(response: Response): string {
  const etag = response.headers.get('etag')
  if (etag === null) throw new Error(`No ETag in a ${response.status}`)
  return etag
}
