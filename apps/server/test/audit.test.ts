import { appendFile, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, it } from 'vitest'
import { createAuditLog } from '../src/audit/audit-log.ts'
import { readEvents } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { registeredRoutes } from './support/registered-routes.ts'
import {
  json,
  type RunningServer,
  type StartOptions,
  startServer,
  temporaryFolder,
  urlOf,
} from './support/start-server.ts'
import { makeToken } from './support/tokens.ts'

interface Entry {
  readonly id: string
  readonly actor: string
  readonly action: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly outcome: string
}

const operator = makeToken({ name: 'operator', scopes: ['read', 'write', 'list', 'watch', 'admin'] })

async function start(options: StartOptions = {}): Promise<RunningServer> {
  const folder = await temporaryFolder()
  return startServer({
    backends: {
      local: sqlite({ path: `${folder}/state.db` }),
      other: sqlite({ path: `${folder}/other.db` }),
    },
    access: { tokens: [operator.settings] },
    ...options,
  })
}

async function entries({ url }: RunningServer, query = ''): Promise<readonly Entry[]> {
  const response = await fetch(`${url}/v1/audit${query}`, { headers: operator.headers })
  expect(response.status).toBe(200)
  return ((await response.json()) as { entries: Entry[] }).entries
}

function post({ url }: RunningServer, path: string, body: unknown = {}): Promise<Response> {
  return fetch(url + path, json('POST', body, operator.headers))
}

describe('what administrators do', () => {
  it('is recorded with who, when, from where, and how it ended', async () => {
    const server = await start()
    const before = Date.now()
    await post(server, '/v1/backup', { name: 'monday' })
    await post(server, '/v1/restore', { name: 'monday', mode: 'replace' })
    await post(server, '/v1/restore', { name: 'tuesday' })
    await post(server, '/v1/cleanup')
    const all = await entries(server)
    expect(all).toEqual(
      [
        { action: 'backup', detail: { name: 'monday' }, outcome: 'done' },
        { action: 'restore', detail: { name: 'monday', mode: 'replace' }, outcome: 'done' },
        { action: 'restore', detail: { name: 'tuesday' }, outcome: 'NOT_FOUND' },
        { action: 'cleanup', detail: {}, outcome: 'done' },
      ]
        .reverse()
        .map((entry) => ({
          ...entry,
          id: expect.stringMatching(/^[\w-]{16}$/),
          at: expect.toSatisfy((at: number) => at >= before && at <= Date.now()),
          actor: 'operator',
          address: '127.0.0.1',
        })),
    )
  })

  it('has a switch begun, and then how it ended', async () => {
    const server = await start()
    for (const key of ['a', 'b', 'c']) await fetch(urlOf(server, key), json('PUT', 1, operator.headers))
    const ended = async (): Promise<Entry> => {
      for (;;) {
        const entry = (await entries(server)).find(({ action }) => action === 'switch')
        if (entry !== undefined && entry.outcome !== 'begun') return entry
      }
    }
    expect((await post(server, '/v1/switch', { to: 'other', dryRun: true })).status).toBe(200)
    expect(await entries(server)).toEqual([])
    const { id } = (await (await post(server, '/v1/switch', { to: 'other', maxRate: 1 })).json()) as {
      id: string
    }
    expect(await entries(server)).toMatchObject([
      { action: 'switch', detail: { to: 'other', maxRate: 1 }, outcome: 'begun' },
    ])
    expect((await post(server, `/v1/switch/${id}/abort`)).status).toBe(200)
    expect(await ended()).toMatchObject({ outcome: 'ABORTED' })
    expect(await entries(server, '?limit=1')).toMatchObject([
      { action: 'abortSwitch', detail: { id }, outcome: 'done' },
    ])
    await post(server, '/v1/switch', { to: 'other' })
    expect(await ended()).toMatchObject({ outcome: 'done' })
  })

  it('is paged, newest first', async () => {
    const server = await start()
    for (let i = 0; i < 5; i++) await post(server, '/v1/backup', { name: `b${i}` })
    const names = (found: readonly Entry[]): unknown[] => found.map(({ detail }) => detail['name'])
    const first = await entries(server, '?limit=2')
    const second = await entries(server, `?limit=2&before=${first[1]?.id}`)
    const third = await entries(server, `?limit=2&before=${second[1]?.id}`)
    expect([first, second, third].map(names)).toEqual([['b4', 'b3'], ['b2', 'b1'], ['b0']])
    expect(await entries(server, `?before=${third[0]?.id}`)).toEqual([])
    expect(await entries(server, '?before=unknown')).toEqual([])
  })

  it('is not done where it cannot be recorded, and is again when it can', async () => {
    const server = await start()
    const path = `${server.dataDir}/audit.log`
    await mkdir(path)
    for (const [action, body] of [
      ['/v1/backup', { name: 'x' }],
      ['/v1/restore', { name: 'x' }],
      ['/v1/switch', { to: 'other' }],
      ['/v1/switch/x/abort', {}],
      ['/v1/cleanup', {}],
      ['/v1/optimize', {}],
    ] as const) {
      const response = await post(server, action, body)
      expect(response.headers.get('retry-after')).not.toBeNull()
      await expectProblem(response, 503, 'AUDIT_UNAVAILABLE')
    }
    expect(await (await fetch(`${server.url}/v1/backups`, { headers: operator.headers })).json()).toEqual({
      backups: [],
    })
    await expectProblem(fetch(`${server.url}/v1/switch`, { headers: operator.headers }), 404, 'NOT_FOUND')
    expect((await fetch(urlOf(server, 'a'), json('PUT', 1, operator.headers))).status).toBe(200)
    await rm(path, { recursive: true })
    expect((await post(server, '/v1/backup')).status).toBe(201)
  })

  it('covers every route that changes something', async () => {
    let server!: RunningServer
    const routes = await registeredRoutes(async () => {
      server = await start()
    })
    const bodies: Readonly<Record<string, unknown>> = {
      '/v1/switch': { to: 'none' },
      '/v1/restore': { name: 'none' },
      '/v1/config': { custom: { a: 1 } },
      '/v1/session': { token: 'wrong' },
    }
    const changing = routes.filter(({ method, config, url }) => {
      const access = config?.access
      const isOfData = access !== undefined && 'scope' in access && access.scope !== 'admin'
      return !isOfData && !['GET', 'HEAD'].includes(String(method)) && !url.startsWith('/v1/store')
    })
    expect(changing.length).toBeGreaterThan(9)
    const session = await fetch(`${server.url}/v1/session`, json('POST', { token: operator.token }))
    const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    for (const { method, url } of changing) {
      const count = (await entries(server, '?limit=1000')).length
      const body = bodies[url] ?? {}
      const path = url.replaceAll(/:\w+/g, 'x')
      await fetch(server.url + path, json(String(method), body, { ...operator.headers, cookie }))
      expect([method, url, (await entries(server, '?limit=1000')).length]).toEqual([method, url, count + 1])
    }
  })
})

describe('sessions', () => {
  const signIn = ({ url }: RunningServer, token: string, cookie = ''): Promise<Response> =>
    fetch(`${url}/v1/session`, json('POST', { token }, { cookie }))
  const told = (found: readonly Entry[]): unknown[] =>
    found.map(({ actor, action, outcome }) => [actor, action, outcome]).toReversed()

  it('are recorded from their sign-in to their sign-out', async () => {
    const server = await start()
    const opened = await signIn(server, operator.token)
    const { csrf } = (await opened.json()) as { csrf: string }
    const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const headers = { cookie, 'x-csrf-token': csrf, 'sec-fetch-site': 'same-origin' }
    const signOut = (): Promise<Response> => fetch(`${server.url}/v1/session`, { method: 'DELETE', headers })
    expect((await signOut()).status).toBe(204)
    expect((await signOut()).status).toBe(401)
    const all = await entries(server)
    expect(told(all)).toEqual([
      ['operator', 'openSession', 'done'],
      ['operator', 'closeSession', 'done'],
    ])
    expect(JSON.stringify(all)).not.toContain(operator.token)
  })

  it('are recorded where a token is wrong, as often as an address may try another one', async () => {
    const server = await start()
    // The address has used that token, so it may go on with it.
    expect(await entries(server)).toEqual([])
    for (let i = 0; i < 30; i++) {
      expect([401, 429]).toContain((await signIn(server, `wrong${Math.floor(i / 2)}`)).status)
    }
    const all = await entries(server)
    expect(told(all)).toEqual(Array(10).fill(['anonymous', 'openSession', 'UNAUTHENTICATED']))
    expect(JSON.stringify(all)).not.toContain('wrong')
  })

  it('are not opened where that cannot be recorded, and end in any case', async () => {
    const server = await start()
    const opened = await signIn(server, operator.token)
    const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    await rm(`${server.dataDir}/audit.log`)
    await mkdir(`${server.dataDir}/audit.log`)
    await expectProblem(signIn(server, operator.token), 503, 'AUDIT_UNAVAILABLE')
    await expectProblem(signIn(server, 'wrong'), 401, 'UNAUTHENTICATED')
    const headers = { ...operator.headers, cookie }
    const ended = await fetch(`${server.url}/v1/session`, { method: 'DELETE', headers })
    expect(ended.status).toBe(204)
    await expectProblem(fetch(`${server.url}/v1/session`, { headers: { cookie } }), 401, 'UNAUTHENTICATED')
  })
})

describe('data', () => {
  async function use(server: RunningServer): Promise<void> {
    const { headers } = operator
    await fetch(urlOf(server, 'a'), json('PUT', 1, headers))
    await fetch(urlOf(server, 'a'), { headers })
    await fetch(urlOf(server, 'none'), { headers })
    await fetch(`${server.url}/v1/state?prefix=p`, { headers })
    await post(server, '/v1/batch/get', { keys: ['a', 'b'] })
    await post(server, '/v1/transactions', { operations: [{ op: 'delete', key: 'a' }] })
    await post(server, '/v1/store/get', { keys: ['s'] })
    await post(server, '/v1/store/list', { prefix: 'q' })
    await using _reader = await readEvents(`${server.url}/v1/events?prefix=e`, undefined, headers)
    await fetch(`${server.url}/v1/stats`, { headers })
    await fetch(`${server.url}/v1/backends`, { headers })
  }
  const touched = (found: readonly Entry[]): unknown[] =>
    found.map(({ action, detail, outcome }) => [action, detail, outcome]).reverse()

  it('is recorded on request', async () => {
    const server = await start({ audit: { data: true } })
    await use(server)
    await expectProblem(fetch(urlOf(server, 'a')), 401, 'UNAUTHENTICATED')
    expect(touched(await entries(server))).toEqual([
      ['putValue', { keys: ['a'] }, 'allowed'],
      ['getValue', { keys: ['a'] }, 'allowed'],
      ['getValue', { keys: ['none'] }, 'allowed'],
      ['list', { prefix: 'p' }, 'allowed'],
      ['batchGet', { keys: ['a', 'b'] }, 'allowed'],
      ['transaction', { keys: ['a'] }, 'allowed'],
      ['storeGet', { keys: ['s'] }, 'allowed'],
      ['storeList', { prefix: 'q' }, 'allowed'],
      ['events', { prefix: 'e' }, 'allowed'],
    ])
  })

  it('is not recorded otherwise', async () => {
    const server = await start()
    await use(server)
    expect(await entries(server)).toEqual([])
  })

  it('has hashes in the place of keys if that is asked for', async () => {
    const server = await start({ audit: { data: true, hashKeys: true } })
    await use(server)
    const file = await readFile(`${server.dataDir}/audit.log`, 'utf8')
    expect(file).not.toMatch(/"none"|"keys":\["a"|"prefix":"[pqe]"/)
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from('none'))).toString('hex')
    expect(touched(await entries(server))).toContainEqual([
      'getValue',
      { keys: [`sha256:${digest}`] },
      'allowed',
    ])
  })

  it('goes on where it cannot be recorded', async () => {
    const server = await start({ audit: { data: true } })
    await mkdir(`${server.dataDir}/audit.log`)
    expect((await fetch(urlOf(server, 'a'), json('PUT', 1, operator.headers))).status).toBe(200)
  })
})

describe('the file', () => {
  const entry = (id: string, outcome = 'begun') => ({
    id,
    at: 1,
    actor: 'a',
    action: 'x',
    detail: {},
    outcome,
  })
  const ids = (found: readonly { readonly id: string }[]): string[] => found.map(({ id }) => id)

  it('is for its owner only', async () => {
    const path = `${await temporaryFolder()}/audit.log`
    await createAuditLog(path).append(entry('1'), true)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('is only added to, in the order of the calls, also after it was moved away', async () => {
    const path = `${await temporaryFolder()}/audit.log`
    const log = createAuditLog(path)
    expect(await log.read(10, undefined)).toEqual([])
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.append(entry(`${i}`), i % 7 === 0)))
    const first = await readFile(path, 'utf8')
    await log.append(entry('100'), true)
    expect((await readFile(path, 'utf8')).startsWith(first)).toBe(true)
    expect(ids(await log.read(1000, undefined))).toEqual(Array.from({ length: 101 }, (_, i) => `${100 - i}`))
    await rename(path, `${path}.1`)
    await log.append(entry('new'), true)
    expect(ids(await log.read(1000, undefined))).toEqual(['new'])
  })

  it('is read from its end, and no further than it has to be', async () => {
    const path = `${await temporaryFolder()}/audit.log`
    await writeFile(path, '')
    // More than fits into memory, and takes no room on the disk.
    await truncate(path, 8 * 1024 ** 3)
    await appendFile(path, '\n')
    const log = createAuditLog(path)
    for (let i = 0; i < 6; i++) await log.append(entry(`${i}`), false)
    await log.append({ end: '3', at: 2, outcome: 'done' }, false)
    expect(await log.read(3, undefined)).toEqual([entry('5'), entry('4'), entry('3', 'done')])
    expect(await log.read(2, '4')).toEqual([entry('3', 'done'), entry('2')])
  })

  it('is read whole where its lines are longer than what is read at a time', async () => {
    const path = `${await temporaryFolder()}/audit.log`
    const log = createAuditLog(path)
    const long = (id: string, length: number) => ({ ...entry(id), detail: { text: 'ö'.repeat(length) } })
    const all = [1, 65_536, 10, 200_000, 32_700, 5].map((length, i) => long(`${i}`, length))
    for (const one of all) await log.append(one, false)
    expect(await log.read(10, undefined)).toEqual(all.toReversed())
  })

  it('survives a line that was cut off', async () => {
    const path = `${await temporaryFolder()}/audit.log`
    const log = createAuditLog(path)
    await log.append(entry('1'), true)
    await writeFile(path, `${await readFile(path, 'utf8')}{"id":"2","at":1,"act`)
    await log.append(entry('3'), true)
    await log.append({ end: '1', at: 2, outcome: 'done' }, true)
    expect(await log.read(10, undefined)).toEqual([entry('3'), entry('1', 'done')])
  })

  it('can be written again after it could not', async () => {
    const folder = await temporaryFolder()
    const log = createAuditLog(`${folder}/sub/audit.log`)
    await expect(log.append(entry('1'), true)).rejects.toThrow('ENOENT')
    await mkdir(`${folder}/sub`)
    await log.append(entry('2'), true)
    expect(ids(await log.read(10, undefined))).toEqual(['2'])
  })
})
