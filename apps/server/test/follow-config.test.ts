import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hashText, newToken } from '../src/access/tokens.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { createServer } from '../src/create-server.ts'
import { afterFile } from './support/after-file.ts'
import { writeFiles } from './support/child-files.ts'
import { startChild } from './support/child-server.ts'
import { json, temporaryFolder } from './support/start-server.ts'

interface Status {
  readonly file: string | null
  readonly latestChange: {
    readonly at: number
    readonly outcome: string
    readonly reason?: string
    readonly fields?: readonly string[]
  } | null
  readonly atRestart: readonly string[]
  readonly runtime: { readonly settings: Readonly<Record<string, unknown>> }
}

const backend = (name: string, options = ''): string =>
  `    ${name}: { plugin: '@switchyard/sqlite', options: { path: ${name}.db${options} } }\n`

const QUIET = 'server: { logLevel: silent }'

/** A file with these backends, 'a' being the active one. */
const yaml = (backends: readonly string[], more: string = QUIET): string =>
  `${more}\nstate:\n  active: a\n  backends:\n${backends.join('')}`

const A = backend('a')
const B = backend('b')
const C = backend('c')
const ELSEWHERE = A.replace('a.db', 'precious.db')

/** A server whose configuration file can be changed. */
async function start(text: string | undefined, given?: string) {
  const folder = given ?? (await temporaryFolder())
  if (text !== undefined) await writeFiles(folder, { 'switchyard.yaml': text })
  const config = await loadConfig({ cwd: folder, env: { PORT: '0' } })
  const quiet = { ...config.server, logLevel: 'silent' } as const
  const server = await createServer({ ...config, server: quiet })
  const url = await server.listen()
  afterFile(() => server.close())

  /** Undefined: the token does not go yet. */
  async function status(token?: string): Promise<Status | undefined> {
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) }
    const response = await fetch(`${url}/v1/debug/state/config`, { headers })
    return response.status === 200 ? ((await response.json()) as Status) : undefined
  }

  let seen: number | undefined

  /** Changes the file and waits until the server has taken notice. */
  async function change(text: string, token?: string): Promise<Status> {
    await writeFile(join(folder, 'switchyard.yaml'), text)
    for (;;) {
      const after = await status(token)
      const at = after?.latestChange?.at
      if (after !== undefined && at !== undefined && at !== seen) {
        seen = at
        return after
      }
      await sleep(20)
    }
  }

  async function names(): Promise<readonly string[]> {
    const { backends } = (await (await fetch(`${url}/v1/backends`)).json()) as {
      backends: { name: string }[]
    }
    return backends.map(({ name }) => name)
  }

  async function switchTo(to: string): Promise<string> {
    const { id } = (await (await fetch(`${url}/v1/switch`, json('POST', { to }))).json()) as { id: string }
    for (;;) {
      const { phase } = (await (await fetch(`${url}/v1/switch/${id}`)).json()) as { phase: string }
      if (phase === 'done') return id
      if (phase === 'failed' || phase === 'aborted') throw new Error(phase)
      await sleep(10)
    }
  }

  return { ...server, url, folder, status, change, names, switchTo }
}

describe('a valid change', () => {
  it('adds backends, changes their options and removes them, while the server serves', async () => {
    const server = await start(yaml([A]))
    await fetch(`${server.url}/v1/state/key`, json('PUT', 'kept'))
    expect(await server.change(yaml([A, B, C]))).toMatchObject({
      latestChange: { outcome: 'applied', fields: ['state.backends'] },
      atRestart: [],
    })
    expect(await server.names()).toEqual(['a', 'b', 'c'])
    await server.change(yaml([A, backend('b', ', durability: normal')]))
    expect(await server.names()).toEqual(['a', 'b'])
    const health = await server.state.backends.health('b')
    expect(health.detail).toMatchObject({ path: join(server.folder, 'data/b.db') })
    await server.switchTo('b')
    expect(await (await fetch(`${server.url}/v1/state/key`)).json()).toBe('kept')
  })

  it('changes the level of the log and the interval of the cleanup, unless they were patched', async () => {
    const server = await start(yaml([A], 'server: { logLevel: warn }'))
    const before = (await server.status())?.runtime
    const { latestChange, runtime } = await server.change(yaml([A], 'server: { logLevel: error }'))
    expect(latestChange).toMatchObject({ outcome: 'applied', fields: ['server.logLevel'] })
    expect(runtime.settings['logLevel']).toBe('error')
    expect(runtime).not.toEqual(before)
    expect(server.app.log.level).toBe('error')
    await fetch(`${server.url}/v1/config`, json('PATCH', { logLevel: 'silent' }))
    await server.change(yaml([A], 'server: { logLevel: fatal }'))
    expect(server.app.log.level).toBe('silent')
    await fetch(`${server.url}/v1/config`, json('PATCH', { logLevel: null }))
    expect(server.app.log.level).toBe('fatal')
  })

  it('replaces tokens: the next request needs one of the new', async () => {
    const server = await start(yaml([A]))
    const [first, second] = [newToken(), newToken()]
    const text = (token: string): string => {
      const fields = `name: someone, hash: '${hashText(token)}', scopes: [admin]`
      return yaml([A], `${QUIET}\naccess: { tokens: [{ ${fields} }] }`)
    }
    const statuses = (): Promise<number[]> =>
      Promise.all(
        ['', first, second].map(async (token) => {
          const headers = { authorization: `Bearer ${token}` }
          return (await fetch(`${server.url}/v1/config`, token === '' ? {} : { headers })).status
        }),
      )
    expect((await server.change(text(first), first)).latestChange).toMatchObject({
      outcome: 'applied',
      fields: ['access.tokens'],
    })
    expect(await statuses()).toEqual([401, 200, 401])
    await server.change(text(second), second)
    expect(await statuses()).toEqual([401, 401, 200])
    expect((await server.change(yaml([A, B]), second)).latestChange).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringContaining('access.tokens'),
    })
    expect(await statuses()).toEqual([401, 401, 200])
    expect(server.state.backends.list().map(({ name }) => name)).toEqual(['a'])
  })

  it('tells what takes effect at the next start only, until it is taken back', async () => {
    const server = await start(yaml([A, B]))
    const text = yaml([A, B], 'server: { requestTimeout: 5s, bodyLimit: 5, logLevel: silent }').replace(
      'active: a',
      'active: b',
    )
    expect(await server.change(text)).toMatchObject({
      latestChange: {
        outcome: 'applied',
        fields: ['server.bodyLimit', 'server.requestTimeout', 'state.active'],
      },
      atRestart: ['server.bodyLimit', 'server.requestTimeout', 'state.active'],
    })
    expect(server.state.backends.active).toBe('a')
    expect(await server.change(yaml([A, B], `# as it was\n${QUIET}`))).toMatchObject({ atRestart: [] })
  })

  it('may be the first file that is there', async () => {
    const server = await start(undefined)
    const local =
      "    local: { plugin: '@switchyard/sqlite', options: { path: state.db, durability: full } }\n"
    const text = yaml([local, B]).replace('active: a', 'active: local')
    expect(await server.change(text)).toMatchObject({
      file: join(server.folder, 'switchyard.yaml'),
      latestChange: { outcome: 'applied', fields: ['server.logLevel', 'state.backends'] },
      atRestart: [],
    })
    expect(await server.names()).toEqual(['local', 'b'])
  })

  it('puts another backend in the place of one with an old copy, which is forgotten', async () => {
    const server = await start(yaml([A, B]))
    const id = await server.switchTo('b')
    await fetch(`${server.url}/v1/switch/${id}/complete`, { method: 'POST' })
    const text = yaml([B, ELSEWHERE]).replace('active: a', 'active: b')
    const record = async (): Promise<unknown> =>
      JSON.parse(await readFile(join(server.folder, 'data/switch.json'), 'utf8'))
    expect(await record()).toMatchObject({ leftovers: ['a'] })
    expect((await server.change(text)).latestChange).toMatchObject({ outcome: 'applied' })
    expect(await record()).toMatchObject({ leftovers: [] })
    await server.switchTo('a')
  })

  it('may name what serves already as the active one, and say less', async () => {
    const server = await start(yaml([A, B]))
    await server.switchTo('b')
    expect(await server.change(yaml([A, B]).replace('active: a', 'active: b'))).toMatchObject({
      latestChange: { outcome: 'applied', fields: ['state.active'] },
      atRestart: [],
    })
  })
})

describe('a change that is ignored, with its reason', () => {
  it.each<[string, string, RegExp]>([
    ['no YAML', 'a: [', /switchyard\.yaml: .* at line 1/],
    ['an unknown field', `${yaml([A])}\nservre: {}`, /^servre: not a field; allowed: /],
    [
      'options that the plugin refuses',
      yaml([A, B.replace('b.db', '1')]),
      /^state\.backends\.b\.options\.path: /,
    ],
    [
      'a plugin that is not there',
      yaml([A, B.replace('@switchyard/sqlite', 'nonsense')]),
      /^state\.backends\.b\.plugin: cannot load 'nonsense'/,
    ],
    ['an active backend that is not there', yaml([B]), /^state\.active: expected one of the backends: b/],
    [
      'the backend that serves is gone',
      yaml([B]).replace('active: a', 'active: b'),
      /^Backend 'a' serves and cannot be removed$/,
    ],
    [
      'the backend that serves is another',
      yaml([backend('a', ', durability: normal'), C]),
      /^Backend 'a' serves and cannot be removed$/,
    ],
    ['an empty file', '\n', /switchyard\.yaml is empty$/],
  ])('%s', async (_, text, reason) => {
    const server = await start(yaml([A, B]))
    const before = (await server.status())?.runtime
    const { latestChange, runtime } = await server.change(text)
    expect(latestChange).toMatchObject({ outcome: 'ignored', reason: expect.stringMatching(reason) })
    expect(runtime).toEqual(before)
    expect(await server.names()).toEqual(['a', 'b'])
    // The next one is compared with what goes, not with what was ignored.
    expect((await server.change(yaml([A]))).latestChange).toMatchObject({
      outcome: 'applied',
      fields: ['state.backends'],
    })
  })

  it('the backend that can be rolled back to, until the switch is completed', async () => {
    const server = await start(yaml([A, B, C]))
    const id = await server.switchTo('b')
    const text = yaml([B, C]).replace('active: a', 'active: b')
    expect((await server.change(text)).latestChange).toMatchObject({
      outcome: 'ignored',
      reason: "Backend 'a' can be rolled back to until the switch is completed and cannot be removed",
    })
    expect(await server.names()).toEqual(['a', 'b', 'c'])
    await fetch(`${server.url}/v1/switch/${id}/complete`, { method: 'POST' })
    expect((await server.change(`${text}# again`)).latestChange).toMatchObject({ outcome: 'applied' })
    expect(await server.names()).toEqual(['b', 'c'])
  })

  it('another backend in the place of one that has an old copy since before the start', async () => {
    const before = await start(yaml([A, B]))
    await before.switchTo('b')
    await before.close()
    const text = yaml([B]).replace('active: a', 'active: b')
    const server = await start(text, before.folder)
    expect((await server.change(`${text}${ELSEWHERE}`)).latestChange).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringMatching(
        /^state\.backends\.a: an earlier switch has left an old copy .*; take another name$/,
      ),
    })
    expect(await server.names()).toEqual(['b'])
    // What the copy is in may come back, and make room for another one then.
    expect((await server.change(`${text}${A}`)).latestChange).toMatchObject({ outcome: 'applied' })
    expect((await server.change(`${text}${ELSEWHERE}`)).latestChange).toMatchObject({ outcome: 'applied' })
  })

  it('and what of it was done already is undone', async () => {
    const server = await start(yaml([A, C, B]))
    await server.switchTo('b')
    // 'c' is removed before it turns out that 'a' can be rolled back to.
    const text = yaml([A.replace('a.db', 'other.db'), B, backend('d')])
    const reversed = yaml([C, A, B])
    expect((await server.change(reversed)).latestChange).toMatchObject({ outcome: 'applied', fields: [] })
    expect((await server.change(text)).latestChange).toMatchObject({ outcome: 'ignored' })
    expect([...(await server.names())].toSorted()).toEqual(['a', 'b', 'c'])
    await server.switchTo('c')
  })
})

it('a process that follows its file still ends when it is told to', async () => {
  const folder = await temporaryFolder()
  await writeFiles(folder, { 'switchyard.yaml': '# nothing yet' })
  const child = startChild(folder)
  await child.url()
  await writeFile(join(folder, 'switchyard.yaml'), 'state: { cleanupInterval: 1h }')
  await child.logged(/The changed configuration file was applied/)
  await writeFile(join(folder, 'switchyard.yaml'), 'state: { cleanupInterval: soon }')
  await child.logged(/The changed configuration file is ignored: state\.cleanupInterval: expected/)
  child.process.kill('SIGTERM')
  const { code, stderr } = await child.ended
  expect([code, stderr]).toEqual([0, ''])
})
