// The Dockerfile without Docker: the commands of its first stage in a copy of what it would be sent, and its server
// with the configuration of compose.yaml.
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, matchesGlob, relative } from 'node:path'
import { isRedisWanted, startRedis } from '@switchyard/services'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { run } from './command.ts'
import { deployedConfiguration } from './deployed-configuration.ts'
import { environmentOf, type Stage, stagesOf, textsOf } from './dockerfile.ts'
import { startServer } from './server-process.ts'
import { userEnvironment } from './user-environment.ts'
import { ROOT } from './workspace.ts'

const DEPLOY = join(ROOT, 'deploy')
const [build, image] = stagesOf(readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8')) as [Stage, Stage]
const ignored = readFileSync(join(DEPLOY, 'Dockerfile.dockerignore'), 'utf8').trim().split('\n')
const TOKEN = 'token-of-this-test'
const AT_MOST_BYTES = 50e6
/** `node` in the image. */
const NODE_USER = process.getuid?.() === 0 ? 1000 : undefined

let folder: string
let app: string

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'switchyard-image-')))
  chmodSync(folder, 0o755)
  app = join(folder, 'app')
  const source = join(folder, 'src')
  cpSync(ROOT, source, {
    recursive: true,
    filter: (path) => !ignored.some((pattern) => matchesGlob(relative(ROOT, path), pattern)),
  })
  // Node and npm, as the image has them, and nothing of this workspace.
  const programs = (process.env['PATH'] ?? '').split(delimiter).filter((path) => !path.startsWith(ROOT))
  const PATH = [dirname(process.execPath), ...programs].join(delimiter)
  const env = { ...userEnvironment, ...environmentOf(build), PATH }
  for (const command of textsOf(build, 'RUN')) {
    await run('sh', ['-c', command.replaceAll('/app', app)], { cwd: source, env })
  }
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('holds the server, and neither addons nor what only a build needs', () => {
  const files = readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => realpathSync(join(entry.parentPath, entry.name)))
  expect(files).toContain(join(app, 'dist/main.js'))
  expect(files.filter((file) => file.endsWith('.node') || /\/(typescript|vitest|nx)\//.test(file))).toEqual(
    [],
  )
  expect([...new Set(files)].reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(AT_MOST_BYTES)
})

test.runIf(isRedisWanted())(
  'runs without rights, keeps its state, switches to Redis, and stops in order',
  async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const [cwd, data] = [join(folder, 'etc'), join(folder, 'data')]
    for (const one of [cwd, data]) mkdirSync(one)
    writeFileSync(join(cwd, 'switchyard.yaml'), deployedConfiguration(TOKEN, redis.url))
    if (NODE_USER !== undefined) chownSync(data, NODE_USER, NODE_USER)

    const env = { ...userEnvironment, ...environmentOf(image), SWITCHYARD_DATA_DIR: data }
    const [, main = ''] = JSON.parse(textsOf(image, 'ENTRYPOINT')[0] as string) as string[]
    const start = () =>
      startServer(process.execPath, [main.replace('/app', app)], {
        cwd,
        env,
        ...(NODE_USER !== undefined && { user: NODE_USER }),
      })
    const ask = async (url: string, method = 'GET', body?: object): Promise<Response> =>
      fetch(url, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      })

    const first = await start()
    await checkHealth(new URL(first.url).port)
    expect((await fetch(`${first.url}/v1/state/order`)).status).toBe(401)
    expect((await ask(`${first.url}/v1/state/order`, 'PUT', { total: 42 })).status).toBe(200)
    const { id } = (await (await ask(`${first.url}/v1/switch`, 'POST', { to: 'shared' })).json()) as {
      id: string
    }
    await expect
      .poll(async () => (await ask(`${first.url}/v1/switch/${id}`)).json(), { timeout: 20_000 })
      .toMatchObject({ phase: 'done' })
    await first.end('SIGKILL')

    const second = await start()
    expect(await (await ask(`${second.url}/v1/state/order`)).json()).toEqual({ total: 42 })
    expect(await (await ask(`${second.url}/v1/backends`)).json()).toMatchObject({ active: 'shared' })
    expect(await second.end('SIGTERM')).toBe(0)
    await expect(checkHealth(new URL(second.url).port)).rejects.toThrow()
  },
  60_000,
)

function checkHealth(port: string): Promise<string> {
  const [, command = ''] = /CMD (\[.*\])$/.exec(textsOf(image, 'HEALTHCHECK')[0] as string) ?? []
  const [, ...args] = JSON.parse(command) as string[]
  return run(process.execPath, args, { cwd: folder, env: { PORT: port } })
}
