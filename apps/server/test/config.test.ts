import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../src/config/config-error.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { DEFAULT_SERVER, type ServerConfig } from '../src/config/settings.ts'
import { createServer } from '../src/create-server.ts'
import { writeFiles } from './support/child-files.ts'
import { temporaryFolder } from './support/start-server.ts'

const empty = await temporaryFolder()

async function load(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerConfig & { readonly folder: string }> {
  const folder = await temporaryFolder()
  await writeFiles(folder, files)
  return { ...(await loadConfig({ cwd: folder, env })), folder }
}

async function refusal(yaml: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const error = await load({ 'switchyard.yaml': yaml }, env).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return (error as ConfigError).message
}

describe('without a file', () => {
  it('is SQLite in ./data on 127.0.0.1:7373', async () => {
    const { server, state, dataDir } = await loadConfig({ cwd: empty, env: {} })
    expect(server).toEqual(DEFAULT_SERVER)
    expect(server).toMatchObject({ host: '127.0.0.1', port: 7373 })
    expect(dataDir).toBe(join(empty, 'data'))
    expect(state.active).toBe('local')
    expect(state.backends['local']?.plugin.name).toBe('sqlite')
  })

  it('heeds the environment', async () => {
    const env = { HOST: '::1', PORT: '0', SWITCHYARD_DATA_DIR: 'elsewhere', SWITCHYARD_CONFIG: '' }
    const { server, dataDir } = await loadConfig({ cwd: empty, env })
    expect(server).toMatchObject({ host: '::1', port: 0 })
    expect(dataDir).toBe(join(empty, 'elsewhere'))
  })
})

describe('a file', () => {
  const yaml = `
server: { host: 0.0.0.0, port: 8080, bodyLimit: 100, requestTimeout: 5s, logLevel: warn }
state:
  active: cache
  cleanupInterval: 1m
  maxConcurrentOperations: 10
  maxQueuedOperations: 20
  backends:
    local: { plugin: '@switchyard/sqlite', options: { path: db/state.db, durability: normal } }
    cache: { plugin: '@switchyard/memory' }
`
  it('says it all', async () => {
    const { server, state } = await load({ 'switchyard.yaml': yaml })
    expect(server).toEqual({
      ...DEFAULT_SERVER,
      host: '0.0.0.0',
      port: 8080,
      bodyLimit: 100,
      requestTimeout: '5s',
      logLevel: 'warn',
    })
    expect(state).toMatchObject({
      active: 'cache',
      cleanupInterval: '1m',
      maxConcurrentOperations: 10,
      maxQueuedOperations: 20,
    })
    expect(Object.keys(state.backends)).toEqual(['local', 'cache'])
  })

  it('is overridden by the environment', async () => {
    const env = { HOST: '127.0.0.1', PORT: '9', SWITCHYARD_ACTIVE: 'local' }
    const { server, state } = await load({ 'switchyard.yaml': yaml }, env)
    expect(server).toMatchObject({ host: '127.0.0.1', port: 9 })
    expect(state.active).toBe('local')
  })

  it('may be JSON, and have another name', async () => {
    const text = JSON.stringify({ server: { port: 1 } })
    expect((await load({ 'switchyard.json': text })).server.port).toBe(1)
    expect(
      (await load({ 'conf/other.json': text }, { SWITCHYARD_CONFIG: 'conf/other.json' })).server.port,
    ).toBe(1)
  })

  it('may be empty', async () => {
    expect((await load({ 'switchyard.yaml': '# nothing\n' })).server).toEqual(DEFAULT_SERVER)
  })

  it('puts relative paths into the data folder', async () => {
    const { folder, ...config } = await load(
      { 'switchyard.yaml': yaml },
      { HOST: '127.0.0.1', SWITCHYARD_DATA_DIR: 'd', SWITCHYARD_ACTIVE: 'local' },
    )
    const { state, close } = await createServer({
      ...config,
      server: { ...config.server, logLevel: 'silent' },
    })
    const health = await state.backends.health()
    await close()
    expect(health.detail?.['path']).toBe(join(folder, 'd/db/state.db'))
  })
})

describe('what is wrong is refused by its path, with what is allowed', () => {
  const options = (text: string): string =>
    `state: { backends: { local: { plugin: '@switchyard/sqlite', options: ${text} } } }`

  it.each([
    [
      options('{ path: a, durability: max }'),
      'state.backends.local.options.durability: expected "normal" | "full"',
    ],
    [options('{ path: 1 }'), 'state.backends.local.options.path: expected string'],
    [options('{}'), 'state.backends.local.options.path: is missing'],
    [
      options("{ path: ':memory:' }"),
      'state.backends.local.options.path: name a file; for state in memory use @switchyard/memory',
    ],
    [
      options('{ path: a, sync: true }'),
      'state.backends.local.options.sync: not an option; allowed: path, durability, busyTimeoutMs',
    ],
    [options('7'), 'state.backends.local.options: expected Object'],
    ['server: { port: 70000 }', 'server.port: expected a whole number from 0 to 65535, got 70000'],
    ['server: { port: "80" }', 'server.port: expected number, got "80"'],
    ['server: { host: "" }', 'server.host: expected text, got ""'],
    ['server: { bodyLimit: 0 }', 'server.bodyLimit: expected a whole number from 1 to 268435456, got 0'],
    [
      'server: { eventHistory: 1.5 }',
      'server.eventHistory: expected a whole number from 1 to 10000000, got 1.5',
    ],
    [
      'server: { requestTimeout: soon }',
      'server.requestTimeout: expected milliseconds above 0 or text such as "30s" or "5m", got "soon"',
    ],
    [
      'server: { requestTimeout: 100d }',
      'server.requestTimeout: expected milliseconds above 0 or text such as "30s" or "5m", got "100d"',
    ],
    [
      'server: { trustedProxies: [10.0.0.0/33] }',
      'server.trustedProxies.0: expected an address or a network such as "10.0.0.0/8", got "10.0.0.0/33"',
    ],
    ['server: { timeout: 5 }', /^server\.timeout: not a field; allowed: host, port, bodyLimit, /],
    ['server: { logLevel: loud }', /^server\.logLevel: expected "fatal" \| .* \| "silent", got "loud"$/],
    ['server: { heartbeatInterval: 2m }', 'server.heartbeatInterval: expected "1m" at the most, got "2m"'],
    [
      'state: { maxQueuedOperations: -1 }',
      'state.maxQueuedOperations: expected a whole number from 0 on, got -1',
    ],
    ['sever: {}', /^sever: not a field; allowed: server, .*state\b/],
    ['state: { cleanupInterval: never }', /^state\.cleanupInterval: /],
    [
      'state: { maxConcurrentOperations: 0 }',
      'state.maxConcurrentOperations: expected a whole number from 1 on, got 0',
    ],
    ['state: { backends: [] }', 'state.backends: expected names with backends'],
    ['state: { backends: {} }', 'state.active: is missing; expected one of the backends: there are none'],
    ['state: { active: other }', 'state.active: expected one of the backends: local; got "other"'],
    [
      "state: { backends: { a: { plugin: '@switchyard/memory' }, b: { plugin: '@switchyard/memory' } } }",
      'state.active: is missing; expected one of the backends: a, b',
    ],
    ['state: { backends: { a: { options: {} } } }', 'state.backends.a.plugin: is missing'],
    [
      "state: { backends: { a: { plugin: '@switchyard/memory', option: {} } } }",
      'state.backends.a.option: not a field; allowed: plugin, options',
    ],
    [
      'state: { backends: { a: { plugin: nonsense-of-ours } } }',
      /^state\.backends\.a\.plugin: cannot load 'nonsense-of-ours': Cannot find package .*; built in are: @switchyard\/file, @switchyard\/memory, @switchyard\/redis, @switchyard\/sqlite$/,
    ],
    ['- 1', 'the configuration: expected fields, got a list'],
    ['a: [', /switchyard\.yaml: not YAML at line 1, column 5: bad indent$/],
    ['server: {}\nserver: {}', /switchyard\.yaml: not YAML at line 2, column 1: duplicate key$/],
  ])('%s', async (yaml, expected) => {
    const message = await refusal(yaml)
    if (typeof expected === 'string') expect(message).toBe(expected)
    else expect(message).toMatch(expected)
  })

  it('all at once', async () => {
    const message = await refusal('server: { port: -1, host: 1 }\nextra: 1')
    expect(message.split('\n')).toHaveLength(3)
  })

  it.each([
    [{ PORT: 'http' }, 'PORT: expected a whole number from 0 to 65535, got "http"'],
    [{ PORT: '65536' }, 'PORT: expected a whole number from 0 to 65535, got "65536"'],
    [{ SWITCHYARD_ACTIVE: 'x' }, 'SWITCHYARD_ACTIVE: expected one of the backends: local; got "x"'],
    [{ SWITCHYARD_CONFIG: 'missing.yaml' }, /^SWITCHYARD_CONFIG: there is no file .*missing\.yaml$/],
  ])('%j', async (env, expected) => {
    const message = await refusal('', env as unknown as Record<string, string>)
    if (typeof expected === 'string') expect(message).toBe(expected)
    else expect(message).toMatch(expected)
  })
})
