import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createState } from '@switchyard/core'
import { redis } from '@switchyard/redis'
import { loadConfig, type ServerConfig } from '@switchyard/server'
import { isRedisWanted, startRedis } from '@switchyard/services'
import { createClient } from 'redis'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { environmentOf, type Stage, stagesOf, textsOf } from './dockerfile.ts'
import { ROOT } from './workspace.ts'

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command?: readonly string[]
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly stop_grace_period: string
  readonly volumes: readonly string[]
}

const DEPLOY = join(ROOT, 'deploy')
const { services, volumes } = parse(readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8')) as {
  readonly services: { readonly server: Service; readonly redis: Service }
  readonly volumes: Readonly<Record<string, null>>
}
const [, image] = stagesOf(readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8')) as [Stage, Stage]
const configuration = readFileSync(join(DEPLOY, 'config/switchyard.yaml'), 'utf8')

/** Loads the mounted configuration as the container would, with this in the place of the hash. */
async function load(hash: string): Promise<ServerConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-compose-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'switchyard.yaml'), configuration.replace('<64 hex>', hash))
  const set = Object.entries(services.server.environment ?? {}).map(([name, value]) => [
    name,
    value.replace(/\$\{\w+:-(.*)\}/, '$1'),
  ])
  return loadConfig({ cwd: folder, env: { ...environmentOf(image), ...Object.fromEntries(set) } })
}

test('what it mounts and builds from is there', () => {
  const { context = '', dockerfile = '' } = services.server.build ?? {}
  expect(existsSync(join(DEPLOY, context, dockerfile))).toBe(true)
  const sources = [services.server, services.redis].flatMap((service) =>
    service.volumes.map((text) => text.split(':')[0] as string),
  )
  const [folders, names] = [true, false].map((isFolder) =>
    sources.filter((source) => source.startsWith('.') === isFolder),
  ) as [string[], string[]]
  for (const one of folders) expect(existsSync(join(DEPLOY, one, 'switchyard.yaml'))).toBe(true)
  expect(names).toEqual(Object.keys(volumes))
})

test('its places are those of the image', () => {
  const to = services.server.volumes.map((text) => text.split(':')[1])
  expect(to).toEqual([...textsOf(image, 'WORKDIR'), ...textsOf(image, 'VOLUME')])
  expect(environmentOf(image)['SWITCHYARD_DATA_DIR']).toBe(textsOf(image, 'VOLUME')[0])
})

test('the configuration loads, and reaches what the containers have', async () => {
  const { server, state, dataDir } = await load('0'.repeat(64))
  expect(services.server.ports).toEqual([`127.0.0.1:${server.port}:${server.port}`])
  expect(textsOf(image, 'EXPOSE')).toEqual([String(server.port)])
  expect([server.host, dataDir, state.active]).toEqual(['0.0.0.0', '/data', 'local'])
  const [, redisHost] = /redis:\/\/([^:]+):/.exec(configuration) ?? []
  expect(Object.keys(services.server.depends_on ?? {})).toEqual([redisHost])
})

test('the configuration is refused until it has a token', async () => {
  await expect(load('<64 hex>')).rejects.toThrow(/access\.tokens/)
})

test.runIf(isRedisWanted())(
  'its Redis keeps what it acknowledged when it is killed, and evicts nothing',
  async () => {
    const [program, ...args] = services.redis.command ?? []
    expect(program).toBe('redis-server')
    const server = await startRedis({ args })
    onTestFinished(() => server.stop())
    const state = await createState({ backends: { shared: redis({ url: server.url }) } })
    await state.set('order', 42)
    await state.close()
    await server.kill()
    await server.restart()
    const again = await createState({ backends: { shared: redis({ url: server.url }) } })
    expect(await again.get('order')).toBe(42)
    await again.close()
    const client = await createClient({ url: server.url }).connect()
    expect(await client.configGet('maxmemory*')).toMatchObject({
      maxmemory: String(512 * 2 ** 20),
      'maxmemory-policy': 'noeviction',
    })
    expect(await client.configGet('appendfsync')).toEqual({ appendfsync: 'always' })
    client.destroy()
  },
)
