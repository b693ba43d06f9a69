import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodePackage } from '../toolchain.mjs'
import { run } from './command.ts'
import { examplesOf, lines, promisedOutput } from './readme-example.ts'
import { startServer } from './server-process.ts'
import { userEnvironment } from './user-environment.ts'
import { published, ROOT } from './workspace.ts'

const NODES = ['22.16.0', '24', '26']
const names = published().map(({ manifest }) => manifest.name)

/** Where the tarballs are; outside the workspace, as everything here. */
let folder: string
const tarballs = new Map<string, string>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-packaging-'))
  for (const project of published()) {
    const output = await run('pnpm', ['pack', '--json', '--pack-destination', folder], {
      cwd: join(ROOT, project.folder),
    })
    tarballs.set(project.manifest.name, JSON.parse(output).filename)
  }
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tarball = (name: string): string => tarballs.get(name) as string

describe.each(names)('%s', (name) => {
  test('publint finds nothing', async () => {
    const bytes = readFileSync(tarball(name))
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: new Uint8Array(bytes).buffer } })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('its types are what its modules export', async () => {
    const attw = join(ROOT, 'tools/node_modules/.bin/attw')
    await run(attw, [tarball(name), '--profile', 'esm-only', '--format', 'ascii'], {
      cwd: folder,
      env: userEnvironment,
    })
  }, 300_000)
})

test.each(published().map(({ folder }) => folder))('%s has declarations that stand alone', (project) => {
  const declarations = declarationsOf(join(ROOT, project))
  expect(declarations.size).toBeGreaterThan(0)
  const specifiers = [...declarations.values()].flat()
  expect(specifiers.filter((name) => name === 'valibot' || name.endsWith('.ts'))).toEqual([])
})

/** The declarations that users meet, from those of the package's exports on, with what each imports. */
function declarationsOf(project: string): ReadonlyMap<string, readonly string[]> {
  const { exports } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).publishConfig as {
    readonly exports: Readonly<Record<string, { readonly types: string }>>
  }
  const found = new Map<string, readonly string[]>()
  const open = Object.values(exports).map(({ types }) => join(project, types))
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue
    const text = readFileSync(file, 'utf8')
    const imported = Array.from(
      text.matchAll(/\b(?:from|import)\b\s*\(?\s*['"]([^'"]+)['"]/g),
      (match) => match[1] as string,
    )
    found.set(file, imported)
    for (const name of imported) {
      if (name.startsWith('.')) open.push(join(dirname(file), name.replace(/\.js$/, '.d.ts')))
    }
  }
  return found
}

describe('core and sqlite alone, installed from their tarballs', () => {
  const readme = join(ROOT, 'packages/sqlite/README.md')
  let user: string

  beforeAll(async () => {
    user = join(folder, 'user')
    writeFileSync(join(makeFolder(user), 'package.json'), '{ "type": "module" }')
    const wanted = ['@switchyard/core', '@switchyard/sqlite'].map(tarball)
    await run('npm', ['install', '--no-audit', '--no-fund', ...wanted], { cwd: user, env: userEnvironment })
  }, 300_000)

  test('bring no other backend and no native addon', () => {
    const installed = readdirSync(join(user, 'node_modules'), { recursive: true, encoding: 'utf8' })
    const packages = installed
      .filter((file) => file.endsWith('package.json'))
      .map((file) => file.replace('/package.json', ''))
    const top = packages.filter((path) => /^(@[^/]+\/)?[^/@]+$/.test(path)).sort()
    expect(top).toEqual(['@standard-schema/spec', '@switchyard/core', '@switchyard/sqlite', 'eventemitter3'])
    expect(installed.filter((file) => file.endsWith('.node'))).toEqual([])
  })

  test.each(NODES)(
    'run the example of the README on Node %s',
    async (version) => {
      const [example = ''] = examplesOf(readme)
      const file = join(user, 'example.mjs')
      writeFileSync(file, example)
      rmSync(join(user, 'data'), { recursive: true, force: true })
      const output = await run(await node(version), [file], { cwd: user, env: userEnvironment })
      expect(promisedOutput(example).length).toBeGreaterThan(0)
      expect(lines(output)).toEqual(promisedOutput(example))
    },
    300_000,
  )
})

describe('the server, installed from the tarballs', () => {
  let user: string

  beforeAll(async () => {
    user = makeFolder(join(folder, 'server'))
    const wanted = withOurDependencies('@switchyard/server').map(tarball)
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', user, ...wanted], {
      cwd: user,
      env: userEnvironment,
    })
  }, 300_000)

  const bin = (): string => join(user, 'node_modules/.bin/switchyard-server')

  test('brings no native addon', () => {
    const installed = readdirSync(join(user, 'node_modules'), { recursive: true, encoding: 'utf8' })
    expect(installed.filter((file) => file.endsWith('.node'))).toEqual([])
  })

  test.each(NODES)(
    'serves on Node %s',
    async (version) => {
      await serves(await node(version), [bin()])
    },
    300_000,
  )

  test('serves by npx', () => serves('npx', ['@switchyard/server']), 300_000)

  /** Starts it, uses it, kills it, and finds what was kept. */
  async function serves(command: string, args: readonly string[]): Promise<void> {
    const cwd = mkdtempSync(join(user, 'run-'))
    const first = await startServer(command, args, { cwd, env: userEnvironment })
    const value = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"total":42}' }
    const { status } = await fetch(`${first.url}/v1/state/order`, value)
    await first.end('SIGKILL')
    const second = await startServer(command, args, { cwd, env: userEnvironment })
    const kept = await (await fetch(`${second.url}/v1/state/order`)).json()
    await second.end('SIGTERM')
    expect([status, kept]).toEqual([200, { total: 42 }])
  }
})

/** The package and every other of ours that it needs. */
function withOurDependencies(name: string): readonly string[] {
  const found = new Set([name])
  for (const one of found) {
    const project = published().find(({ manifest }) => manifest.name === one)
    const { dependencies = {}, peerDependencies = {} } = project?.manifest ?? {}
    for (const other of Object.keys({ ...dependencies, ...peerDependencies }))
      if (names.includes(other)) found.add(other)
  }
  return [...found]
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true })
  return path
}

/** The path of this version of Node, installed from npm. */
async function node(version: string): Promise<string> {
  const home = makeFolder(join(folder, `node-${version}`))
  const name = nodePackage()
  const executable = join(
    home,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  if (!existsSync(executable)) {
    const args = [
      'install',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--prefer-offline',
      `${name}@${version}`,
    ]
    await run('npm', [...args, '--prefix', home], { cwd: home, env: userEnvironment })
  }
  return executable
}
