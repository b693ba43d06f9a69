import { describe, expect, it } from 'vitest'
import { ConfigError } from '../src/config/config-error.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { createServer, type SwitchyardServer } from '../src/create-server.ts'
import { linkCore, writeFiles } from './support/child-files.ts'
import { temporaryFolder } from './support/start-server.ts'

/** A backend as someone else would publish it: ESM alone, in plain JavaScript. */
function pluginSource(name: string, exports: string): string {
  return `
import { definePlugin, defineStore } from '@switchyard/core'

const optionsSchema = {
  '~standard': {
    version: 1,
    vendor: 'mine',
    validate: (options) =>
      typeof options.path === 'string'
        ? { value: options }
        : { issues: [{ message: 'expected a folder', path: ['path'] }] },
  },
}
const plugin = definePlugin({
  name: '${name}',
  capabilities: {
    ttl: 'lazy', atomicity: 'process', transactions: false, durable: false, shared: false,
    ordered: false, watch: false, optimize: false, maxKeyBytes: 1024, maxValueBytes: 1e6,
  },
  optionsSchema,
  async open(options, { clock }) {
    const entries = new Map()
    const store = {
      get: (key) => entries.get(key),
      set: (key, entry) => void entries.set(key, entry),
      delete: (key) => void entries.delete(key),
      async *list({ prefix }) {
        yield [...entries].filter(([key]) => key.startsWith(prefix)).map(([key, entry]) => ({ key, entry }))
      },
      close() {},
      checkHealth: async () => ({ healthy: true, detail: { path: options.path } }),
    }
    return defineStore(store, { clock })
  },
})
${exports}
`
}

const manifest = (name: string): string =>
  JSON.stringify({ name, version: '1.0.0', type: 'module', exports: { '.': { import: './lib/main.js' } } })

const folder = await temporaryFolder()
await linkCore(folder)
await writeFiles(folder, {
  'node_modules/their-backend/package.json': manifest('their-backend'),
  'node_modules/their-backend/lib/main.js': pluginSource(
    'theirs',
    'export const theirs = plugin\nexport default plugin',
  ),
  'node_modules/@their/pair/package.json': manifest('@their/pair'),
  'node_modules/@their/pair/lib/main.js': pluginSource(
    'pair',
    'export const one = plugin\nexport const two = definePlugin({ ...plugin.plugin, name: "two" })\nexport const three = 3',
  ),
  'node_modules/none/package.json': manifest('none'),
  'node_modules/none/lib/main.js': 'export const store = {}',
  'node_modules/failing/package.json': manifest('failing'),
  'node_modules/failing/lib/main.js': 'throw new Error("it needs a device")',
  'own/backend.js': pluginSource('own', 'export { plugin as own }'),
})

async function open(plugin: string, options: string = '{ path: somewhere }'): Promise<SwitchyardServer> {
  await writeFiles(folder, {
    'conf/switchyard.yaml': `
server: { logLevel: silent }
state: { backends: { theirs: { plugin: '${plugin}', options: ${options} } } }
`,
  })
  const env = { SWITCHYARD_CONFIG: `${folder}/conf/switchyard.yaml`, SWITCHYARD_DATA_DIR: `${folder}/data` }
  // The working directory is elsewhere: what counts is the folder of the configuration.
  return createServer(await loadConfig({ cwd: '/', env }))
}

describe("a plugin that is not the server's own", () => {
  it.each([
    ['their-backend', 'theirs'],
    ['@their/pair#two', 'two'],
    ['@their/pair#one', 'pair'],
    ['../own/backend.js', 'own'],
  ])('%s is found from the folder of the configuration', async (reference, name) => {
    const { state, app, close } = await open(reference)
    try {
      const written = await app.inject({ method: 'PUT', url: '/v1/state/a', payload: { n: 1 } })
      expect(written.statusCode).toBe(200)
      expect((await app.inject('/v1/state?values=true')).json()).toMatchObject({
        entries: [{ key: 'a', value: { n: 1 } }],
      })
      expect(state.backends.list()).toMatchObject([{ name: 'theirs', plugin: name }])
      expect(await state.backends.health()).toMatchObject({ detail: { path: `${folder}/data/somewhere` } })
    } finally {
      await close()
    }
  })

  it.each([
    ['absent', /plugin: cannot load 'absent': Cannot find package/],
    ['failing', /plugin: cannot load 'failing': it needs a device/],
    ['none', /plugin: 'none' exports nothing that definePlugin made$/],
    [
      '@their/pair',
      /plugin: '@their\/pair' exports several plugins \(one, two\); name one: '@their\/pair#one'$/,
    ],
    ['@their/pair#three', /plugin: '@their\/pair' exports no plugin 'three'; it exports: one, two$/],
    ['./backend.js', /plugin: cannot load '.\/backend.js': Cannot find module/],
    ['@switchyard/sqlite#other', /exports no plugin 'other'; it exports: sqlite$/],
  ])('%s is refused', async (reference, reason) => {
    const error = await open(reference).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as Error).message).toMatch(/^state\.backends\.theirs\./)
    expect((error as Error).message).toMatch(reason)
  })

  it('checks its options itself', async () => {
    await expect(open('their-backend', '{}')).rejects.toThrow(
      'state.backends.theirs.options.path: expected a folder',
    )
  })
})
