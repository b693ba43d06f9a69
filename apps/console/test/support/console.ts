import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { createServer, loadConfig, type ServerConfig } from '@switchyard/server'
import { findChromium } from '@switchyard/services'
import { sqlite } from '@switchyard/sqlite'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** A server with a console, a browser, and nothing of either when it is stopped. */
export interface Console {
  readonly url: string
  readonly browser: Browser
  /** A page of its own, which has opened `/`; the one before is closed. */
  open(options?: BrowserContextOptions): Promise<OpenPage>
  stop(): Promise<void>
}

export interface OpenPage {
  readonly page: Page
  /** What the console of the browser says is wrong, and what the page asked of other servers. */
  readonly faults: readonly string[]
}

const START_MS = 120_000
/** Shorter than that of a test, so that it is known what it waited for. */
const TIMEOUT_MS = 60_000

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

type Tokens = NonNullable<ServerConfig['access']>['tokens']

/** SQLite serves; files and memory can be switched to. */
export async function startConsole(tokens: Tokens = []): Promise<Console> {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-console-'))
  const defaults = await loadConfig({ cwd: dataDir, env: { PORT: '0', SWITCHYARD_DATA_DIR: dataDir } })
  const server = await createServer({
    ...defaults,
    ...(defaults.access !== undefined && { access: { ...defaults.access, tokens } }),
    server: { ...defaults.server, logLevel: 'silent' },
    state: {
      active: 'local',
      cleanupInterval: false,
      backends: {
        local: sqlite({ path: join(dataDir, 'state.db') }),
        files: file({ path: join(dataDir, 'files') }),
        cache: memory(),
      },
    },
  })
  const url = await server.listen()
  const browser = await chromium.launch({
    executablePath: await findChromium(),
    args: ARGS,
    timeout: START_MS,
  })
  return {
    url,
    browser,
    open: (options) => openPage(browser, url, options),
    async stop() {
      await browser.close()
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function openPage(browser: Browser, url: string, options?: BrowserContextOptions): Promise<OpenPage> {
  // What nobody looks at any more would go on asking the server.
  for (const before of browser.contexts()) await before.close()
  const context = await browser.newContext({ viewport: { width: 1360, height: 850 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(TIMEOUT_MS)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked for ${request.url()}`)
  })
  await page.goto(url)
  return { page, faults }
}
