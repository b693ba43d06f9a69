import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { memory } from '@switchyard/memory'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { DEFAULT_ACCESS } from '../src/access/settings.ts'
import { DEFAULT_AUDIT } from '../src/audit/audit.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { DEFAULT_SERVER } from '../src/config/settings.ts'
import { PROBLEM_TYPES } from '../src/problems/problem-types.ts'
import { curlLines, requestOf } from './support/curl-line.ts'
import { startServer, temporaryFolder } from './support/start-server.ts'

const fileOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))

const readme = await readFile(fileOf('README.md'), 'utf8')
const lines = curlLines(readme)
const hasCurl = spawnSync('curl', ['--version']).status === 0
const TIMED_OUT = 28

/** Runs the line in a shell; the status is what curl says. */
function statusFromShell(command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile(
      'bash',
      ['-c', `${command} --silent --show-error --write-out '\\n%{http_code}'`],
      (error, stdout, stderr) => {
        if (error === null || error.code === TIMED_OUT) resolve(Number(stdout.trim().split('\n').at(-1)))
        else reject(new Error(`${command}: ${stderr}`))
      },
    )
  })
}

async function statusFromFetch(command: string): Promise<number> {
  const { url, init } = requestOf(command)
  const response = await fetch(url, init)
  await response.body?.cancel()
  return response.status
}

describe.each([
  ['curl', hasCurl, statusFromShell],
  ['fetch', true, statusFromFetch],
] as const)('the examples, with %s', (_name, isThere, statusOf) => {
  it.runIf(isThere)('answer what they say, in their order', async () => {
    const folder = await temporaryFolder()
    // Those of switchyard.example.yaml.
    const backends = { local: sqlite({ path: `${folder}/state.db` }), cache: memory() }
    const server = await startServer({ backends })
    const statuses: unknown[] = []
    for (const { command } of lines) {
      statuses.push([command, await statusOf(command.replaceAll('http://127.0.0.1:7373', server.url))])
    }
    expect(statuses).toEqual(lines.map(({ command, status }) => [command, status]))
  })
})

it('names every route of the server in an example or a table', async () => {
  const server = await startServer()
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, object>
  }
  for (const path of Object.keys(document.paths)) expect(readme).toContain(path)
})

it('names every code behind its status', () => {
  for (const [code, { status }] of Object.entries(PROBLEM_TYPES)) {
    expect(readme).toMatch(new RegExp(`^\\| ${status} +\\|.*\`${code}\``, 'm'))
  }
})

it('names every field of the configuration', () => {
  for (const field of Object.keys(DEFAULT_SERVER)) expect(readme).toContain(`\`server.${field}\``)
  for (const field of Object.keys(DEFAULT_ACCESS)) expect(readme).toContain(`\`access.${field}\``)
  for (const field of Object.keys(DEFAULT_AUDIT)) expect(readme).toContain(`\`audit.${field}\``)
})

it('the example of a configuration has the defaults', async () => {
  const path = fileOf('switchyard.example.yaml')
  const { server, state, access, audit } = await loadConfig({ cwd: '/', env: { SWITCHYARD_CONFIG: path } })
  expect(server).toEqual(DEFAULT_SERVER)
  expect([access, audit]).toEqual([DEFAULT_ACCESS, DEFAULT_AUDIT])
  expect(Object.keys(state.backends)).toEqual(['local', 'cache'])
  expect(parse(await readFile(path, 'utf8'))).toMatchObject({ server: DEFAULT_SERVER })
})
