import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../src/config/config-error.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { createServer } from '../src/create-server.ts'
import { afterFile } from './support/after-file.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, temporaryFolder } from './support/start-server.ts'
import { endOfSwitch } from './support/switch-over.ts'

type Options = Readonly<Record<string, unknown>>

const sqlite = (path: string, more: Options = {}) => ({
  plugin: '@switchyard/sqlite',
  options: { path, ...more },
})
const files = { plugin: '@switchyard/file', options: { path: 'files' } }

/** A server in the folder, with these backends; the first one serves until a switch. */
async function start(folder: string, backends: Options) {
  const text = JSON.stringify({ state: { active: Object.keys(backends)[0], backends } })
  await writeFile(join(folder, 'switchyard.json'), text)
  const config = await loadConfig({ cwd: folder, env: { PORT: '0' } })
  const server = await createServer({ ...config, server: { ...config.server, logLevel: 'silent' } })
  const url = await server.listen()
  afterFile(() => server.close())

  async function switchTo(to: string, more: Options = {}): Promise<Response> {
    const response = await fetch(`${url}/v1/switch`, json('POST', { to, ...more }))
    if (response.status !== 202) return response
    const { id } = (await response.clone().json()) as { id: string }
    expect(await endOfSwitch({ url }, id)).toBe('done')
    return response
  }

  const put = (key: string, value: unknown) => fetch(`${url}/v1/state/${key}`, json('PUT', value))
  const get = async (key: string): Promise<unknown> => {
    const response = await fetch(`${url}/v1/state/${key}`)
    return response.status === 404 ? undefined : response.json()
  }
  return { ...server, url, switchTo, put, get }
}

/** A folder with other data in `precious.db`, and an old copy in `lite`. */
async function withLeftover(): Promise<string> {
  const folder = await temporaryFolder()
  const other = await start(folder, { lite: sqlite('precious.db') })
  await other.put('precious', 1)
  await other.close()
  await rm(join(folder, 'data/backends.json'), { force: true })
  const server = await start(folder, { lite: sqlite('lite.db'), files })
  await server.put('a', 1)
  await server.switchTo('files')
  await server.close()
  return folder
}

describe('a leftover of a switch', () => {
  it('is removed by the next switch, also after a restart', async () => {
    const folder = await withLeftover()
    const server = await start(folder, { lite: sqlite('lite.db'), files })
    await server.put('b', 2)
    expect((await server.switchTo('lite')).status).toBe(202)
    expect([await server.get('a'), await server.get('b')]).toEqual([1, 2])
  })

  it('is none in another backend that has the name since', async () => {
    const folder = await withLeftover()
    const server = await start(folder, { lite: sqlite('precious.db'), files })
    await expectProblem(server.switchTo('lite'), 409, 'CONFLICT')
    await server.close()
    // Nor after the next start.
    const again = await start(folder, { lite: sqlite('precious.db'), files })
    await expectProblem(again.switchTo('lite'), 409, 'CONFLICT')
    await again.close()
    await rm(join(folder, 'data/switch.json'))
    await rm(join(folder, 'data/backends.json'), { force: true })
    expect(await (await start(folder, { lite: sqlite('precious.db') })).get('precious')).toBe(1)
  })

  it('is none in another backend after a time without any of that name', async () => {
    const folder = await withLeftover()
    await (await start(folder, { files })).close()
    const server = await start(folder, { files, lite: sqlite('precious.db') })
    await expectProblem(server.switchTo('lite'), 409, 'CONFLICT')
    expect((await server.switchTo('lite', { replace: true })).status).toBe(202)
  })

  it('is none in another backend after a switch that was cut off', async () => {
    const folder = await withLeftover()
    const path = join(folder, 'data/switch.json')
    const record = JSON.parse(await readFile(path, 'utf8')) as Options & { readonly latest: Options }
    const latest = { ...record.latest, from: 'files', to: 'lite', state: 'prepared' }
    await writeFile(path, JSON.stringify({ ...record, leftovers: [], latest }))
    const server = await start(folder, { lite: sqlite('precious.db'), files })
    await expectProblem(server.switchTo('lite'), 409, 'CONFLICT')
    expect(await (await fetch(`${server.url}/v1/switch`)).json()).toMatchObject({ phase: 'aborted' })
  })

  it('is none where it is not known which backend it is in', async () => {
    const folder = await withLeftover()
    await rm(join(folder, 'data/backends.json'), { force: true })
    const server = await start(folder, { lite: sqlite('lite.db'), files })
    await expectProblem(server.switchTo('lite'), 409, 'CONFLICT')
  })
})

describe('the backend that serves', () => {
  it('is refused with other options, before anything of it is opened, until that is said to be meant', async () => {
    const folder = await temporaryFolder()
    const server = await start(folder, { lite: sqlite('lite.db') })
    await server.put('a', 1)
    await server.close()
    const error = await start(folder, { lite: sqlite('elsewhere.db') }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as Error).message).toMatch(
      /^state\.backends\.lite: its options were changed since it served.*remove '.*backends\.json'/,
    )
    await expect(readFile(join(folder, 'data/elsewhere.db'))).rejects.toThrow('ENOENT')
    await expect(start(folder, { lite: files })).rejects.toThrow(
      "its plugin was 'sqlite' and is 'file' since it served",
    )
    const as = await start(folder, { lite: sqlite('lite.db') })
    expect(await as.get('a')).toBe(1)
    await as.close()
    await rm(join(folder, 'data/backends.json'), { force: true })
    const other = await start(folder, { lite: sqlite('lite.db', { durability: 'normal' }) })
    expect(await other.get('a')).toBe(1)
  })

  it('is refused so after a switch as well', async () => {
    const folder = await withLeftover()
    const changed = { ...files, options: { path: 'elsewhere' } }
    await expect(start(folder, { lite: sqlite('lite.db'), files: changed })).rejects.toThrow(
      'state.backends.files: its options were changed',
    )
  })

  it('is the same wherever the data folder is, with its options in any order', async () => {
    const folder = await temporaryFolder()
    const lite = { plugin: '@switchyard/sqlite', options: { path: 'a.db', durability: 'full' } }
    await (await start(folder, { lite })).close()
    const reordered = { ...lite, options: { durability: 'full', path: 'a.db' } }
    await (await start(folder, { lite: reordered })).close()
  })

  it('may be another one after one that does not survive the process', async () => {
    const folder = await temporaryFolder()
    const memory = (maxEntries: number) => ({ plugin: '@switchyard/memory', options: { maxEntries } })
    await (await start(folder, { one: memory(10) })).close()
    await (await start(folder, { one: memory(20) })).close()
    await (await start(folder, { one: sqlite('lite.db') })).close()
    await expect(start(folder, { one: memory(20) })).rejects.toThrow("its plugin was 'sqlite'")
  })

  it('may be one that has not served before, whatever its options were', async () => {
    const folder = await temporaryFolder()
    await (await start(folder, { lite: sqlite('lite.db'), files })).close()
    await (await start(folder, { files: { ...files, options: { path: 'f2' } }, lite: sqlite('l') })).close()
  })
})

it('no option can be read from what is kept', async () => {
  const folder = await temporaryFolder()
  await (await start(folder, { lite: sqlite('secret.db') })).close()
  const text = await readFile(join(folder, 'data/backends.json'), 'utf8')
  expect(JSON.parse(text)).toEqual({
    format: 1,
    backends: {
      lite: { plugin: 'sqlite', durable: true, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    },
  })
})

it('a file that is damaged ends the start', async () => {
  const folder = await temporaryFolder()
  await (await start(folder, { lite: sqlite('lite.db') })).close()
  await writeFile(join(folder, 'data/backends.json'), 'x')
  await expect(start(folder, { lite: sqlite('lite.db') })).rejects.toMatchObject({ code: 'CORRUPT' })
})
