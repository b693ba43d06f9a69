import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COUNT, items } from '../data.ts'
import { table } from '../report.ts'
import { inTemporaryFolder } from './part.ts'

const SERVED = fileURLToPath(new URL('../served.ts', import.meta.url))
const MIB = 2 ** 20
/** For what is done after a request, such as syncing and moving what was logged. */
const IDLE_MS = 2000

/** With what the server's configuration has for each. */
const BACKENDS = {
  memory: {},
  file: { path: 'files' },
  sqlite: { path: 'state.db', durability: 'full' },
} as const

/** What a server takes of memory and disk. */
export function footprintPart(): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const rows: string[][] = []
    for (const [name, options] of Object.entries(BACKENDS)) {
      const cwd = join(folder, name)
      await mkdir(join(cwd, 'data'), { recursive: true })
      const plugin = `@switchyard/${name}`
      await writeFile(
        join(cwd, 'switchyard.json'),
        JSON.stringify({
          server: { port: 0, logLevel: 'error' },
          state: { backends: { [name]: { plugin, options } } },
        }),
      )
      const server = fork(SERVED, { cwd, execArgv: [...process.execArgv, '--expose-gc'] })
      const [url] = (await once(server, 'message')) as [string]
      const empty = await memoryOf(server)
      await fill(url)
      const full = await memoryOf(server)
      server.kill('SIGKILL')
      await once(server, 'exit')
      rows.push([
        name,
        ...[empty, full, await bytesIn(join(cwd, 'data'))].map((bytes) => `${Math.round(bytes / MIB)}`),
      ])
    }
    const head = [
      `MiB with ${COUNT.toLocaleString('en')} keys`,
      'memory, empty',
      'memory, filled',
      'disk, filled',
    ]
    return `## Memory and disk of a server\n\n${table(head, rows)}`
  })
}

async function memoryOf(server: ChildProcess): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  server.send('memory')
  const [bytes] = (await once(server, 'message')) as [number]
  return bytes
}

async function fill(url: string): Promise<void> {
  for (let i = 0; i < COUNT; i += 1000) {
    const body = JSON.stringify({ entries: items.slice(i, i + 1000) })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/v1/batch/set`, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    await response.arrayBuffer()
  }
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => stat(file)))).reduce((sum, { size }) => sum + size, 0)
}
