import { memory } from '@switchyard/memory'
import { describe, expect, it } from 'vitest'
import { createSessions } from '../src/access/sessions.ts'
import { hashOf } from '../src/access/tokens.ts'
import { readEvents } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer, urlOf } from './support/start-server.ts'
import { makeToken } from './support/tokens.ts'
import { openWebSocket } from './support/web-socket.ts'

const operator = makeToken({ name: 'operator', scopes: ['read', 'write', 'watch', 'admin'] })
const server = await startServer({
  backends: { one: memory() },
  access: { tokens: [operator.settings] },
  trustedProxies: ['127.0.0.1'],
})
const session = `${server.url}/v1/session`

interface Opened {
  readonly csrf: string
  readonly headers: Readonly<Record<string, string>>
  readonly cookie: string
}

async function open(more: Readonly<Record<string, string>> = {}): Promise<Opened> {
  const response = await fetch(session, json('POST', { token: operator.token }, more))
  expect(response.status).toBe(200)
  const cookie = response.headers.get('set-cookie') ?? ''
  const { csrf } = (await response.json()) as { csrf: string }
  return { csrf, cookie, headers: { cookie: cookie.split(';')[0] as string } }
}

/** As a browser sends it from a page of the server. */
function fromPage({ csrf, headers }: Opened): Record<string, string> {
  return { ...headers, 'x-csrf-token': csrf, 'sec-fetch-site': 'same-origin' }
}

describe('POST /v1/session', () => {
  it('gives a cookie that scripts and other sites cannot use', async () => {
    const response = await fetch(session, json('POST', { token: operator.token }))
    expect(response.headers.get('set-cookie')).toMatch(
      /^switchyard-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      name: 'operator',
      scopes: ['read', 'write', 'watch', 'admin'],
      prefixes: [''],
      csrf: expect.stringMatching(/^[\w-]{43}$/),
    })
  })

  it('has it sent over TLS only where there is TLS', async () => {
    expect((await open({ 'x-forwarded-proto': 'https' })).cookie).toMatch(/; Secure$/)
  })

  it('refuses what is no token', async () => {
    await expectProblem(fetch(session, json('POST', { token: 'wrong' })), 401, 'UNAUTHENTICATED')
    await expectProblem(
      fetch(session, json('POST', { token: operator.settings.hash })),
      401,
      'UNAUTHENTICATED',
    )
    await expectProblem(fetch(session, json('POST', {})), 400, 'BAD_REQUEST')
    await expectProblem(
      fetch(session, json('POST', { token: operator.token }, { 'sec-fetch-site': 'cross-site' })),
      403,
      'CROSS_ORIGIN',
    )
  })

  it('ends the session that was there', async () => {
    const first = await open()
    await open(first.headers)
    await expectProblem(fetch(session, { headers: first.headers }), 401, 'UNAUTHENTICATED')
  })
})

describe('a session', () => {
  it('reads, and changes with its CSRF token', async () => {
    const opened = await open()
    const answer = await fetch(urlOf(server, 'a'), json('PUT', 1, fromPage(opened)))
    expect(answer.status).toBe(200)
    expect((await fetch(urlOf(server, 'a'), { headers: opened.headers })).status).toBe(200)
    expect(await (await fetch(session, { headers: opened.headers })).json()).toMatchObject({
      name: 'operator',
      csrf: opened.csrf,
    })
  })

  it.each([
    ['no CSRF token', { 'x-csrf-token': '' }],
    ['the CSRF token of another session', { 'x-csrf-token': 'x'.repeat(43) }],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }],
    ['no page', { 'sec-fetch-site': 'none' }],
  ])('changes nothing with %s', async (_name, wrong) => {
    const opened = await open()
    for (const path of ['/v1/state/b', '/v1/cleanup', '/v1/batch/delete']) {
      const method = path.startsWith('/v1/state') ? 'PUT' : 'POST'
      const request = fetch(server.url + path, json(method, {}, { ...fromPage(opened), ...wrong }))
      await expectProblem(request, 403, 'CROSS_ORIGIN')
    }
  })

  it('heeds Origin where a browser does not say more', async () => {
    const opened = await open()
    const own = { ...opened.headers, 'x-csrf-token': opened.csrf }
    const put = (headers: Record<string, string>): Promise<Response> =>
      fetch(urlOf(server, 'o'), json('PUT', 1, { ...own, ...headers }))
    expect((await put({ origin: server.url })).status).toBe(200)
    const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'state.example' }
    expect((await put({ origin: 'https://state.example', ...proxied })).status).toBe(200)
    for (const origin of [
      'http://evil.example',
      'null',
      'http://127.0.0.1:1',
      `https${server.url.slice(4)}`,
    ]) {
      await expectProblem(put({ origin }), 403, 'CROSS_ORIGIN')
      await expectProblem(fetch(urlOf(server, 'o'), { headers: { ...own, origin } }), 403, 'CROSS_ORIGIN')
    }
    await expectProblem(put({}), 403, 'CROSS_ORIGIN')
  })

  it('is not read from pages of other origins', async () => {
    const opened = await open()
    for (const site of ['cross-site', 'same-site']) {
      const headers = { ...opened.headers, 'sec-fetch-site': site }
      await expectProblem(fetch(`${server.url}/v1/backends`, { headers }), 403, 'CROSS_ORIGIN')
    }
  })

  it('opens no WebSocket for pages of other origins', async () => {
    const opened = await open()
    const url = `${server.url}/v1/events/ws`
    const others = [{ origin: 'http://127.0.0.1:1' }, { origin: server.url, 'sec-fetch-site': 'cross-site' }]
    for (const wrong of others) {
      using socket = openWebSocket(url, { ...opened.headers, ...wrong })
      expect(await socket.next()).toBeUndefined()
    }
    using own = openWebSocket(url, { ...opened.headers, origin: server.url })
    expect(await own.next()).toMatchObject({ event: 'open' })
  })

  it('ends, and its event streams with it', async () => {
    const opened = await open()
    await using reader = await readEvents(`${server.url}/v1/events`, undefined, opened.headers)
    expect(reader.status).toBe(200)
    using socket = openWebSocket(`${server.url}/v1/events/ws`, opened.headers)
    expect(await socket.next()).toMatchObject({ event: 'open' })
    const response = await fetch(session, { method: 'DELETE', headers: fromPage(opened) })
    expect([response.status, response.headers.get('set-cookie')]).toEqual([
      204,
      'switchyard-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    ])
    expect(await reader.next()).toBeUndefined()
    expect(await socket.next()).toBeUndefined()
    await expectProblem(fetch(session, { headers: opened.headers }), 401, 'UNAUTHENTICATED')
  })
})

it('a token in the header has no session', async () => {
  const response = await fetch(session, { headers: operator.headers })
  expect(await response.json()).toMatchObject({ name: 'operator', csrf: null })
})

it('without tokens everybody is local', async () => {
  const open = await startServer({ backends: { one: memory() } })
  for (const init of [{}, json('POST', { token: 'any' })]) {
    const response = await fetch(`${open.url}/v1/session`, init)
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(await response.json()).toEqual({
      name: 'local',
      scopes: ['read', 'write', 'list', 'watch', 'admin'],
      prefixes: [''],
      csrf: null,
    })
  }
})

describe('sessions in memory', () => {
  it('end when they are idle, and when their time is over', () => {
    let now = 0
    const sessions = createSessions({ idleMs: 10, lifetimeMs: 25, now: () => now })
    const idle = sessions.open(hashOf('a'))
    const used = sessions.open(hashOf('a'))
    for (now = 9; now < 25; now += 5) {
      expect(sessions.find(used.id)).toEqual(used.session)
      expect(sessions.has(idle.id)).toBe(now < 10)
    }
    now = 25
    expect(sessions.find(used.id)).toBeUndefined()
  })

  it('are bounded: of those of the token, the one that was used least recently goes', () => {
    const sessions = createSessions({ idleMs: 10, lifetimeMs: 25, now: () => 0 })
    const other = sessions.open(hashOf('b'))
    const ids = Array.from({ length: 100 }, () => sessions.open(hashOf('a')).id)
    sessions.find(ids[0] as string)
    sessions.open(hashOf('a'))
    expect(ids.filter((id) => !sessions.has(id))).toEqual([ids[1]])
    expect(sessions.has(other.id)).toBe(true)
  })
})
