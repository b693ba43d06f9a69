import { memory } from '@switchyard/memory'
import type { RouteOptions } from 'fastify'
import { describe, expect, it } from 'vitest'
import { SCOPES, type Scope } from '../src/access/principal.ts'
import { registeredRoutes } from './support/registered-routes.ts'
import { type RunningServer, startServer } from './support/start-server.ts'
import { type MadeToken, makeToken } from './support/tokens.ts'

const single = SCOPES.map((scope): [string, MadeToken] => [`only ${scope}`, makeToken({ scopes: [scope] })])
const all = makeToken({ scopes: SCOPES })
const without = SCOPES.map((scope): [string, MadeToken] => [
  `all but ${scope}`,
  makeToken({ scopes: SCOPES.filter((other) => other !== scope) }),
])
const restricted = makeToken({ scopes: SCOPES, prefixes: ['app:'] })
const expired = makeToken({ scopes: SCOPES, expires: '2020-01-01T00:00:00Z' })
const known = [
  all,
  restricted,
  expired,
  ...single.map(([, made]) => made),
  ...without.map(([, made]) => made),
]

let server!: RunningServer
const routes = (
  await registeredRoutes(async () => {
    server = await startServer({
      backends: { one: memory() },
      access: { tokens: known.map(({ settings }) => settings) },
    })
  })
).flatMap((route) =>
  [route.method].flat().map((method): [string, RouteOptions] => [`${method} ${route.url}`, route]),
)

const OPEN = /^(GET|HEAD) \/(healthz|readyz|openapi\.json|console\/.*)?$|^POST \/v1\/session$/

/** By the rules that are written down, not by what the routes declare: what is not in them is for administrators. */
const RULES: readonly (readonly [RegExp, readonly Scope[]])[] = [
  [/^(GET|HEAD) \/v1\/state\/:key$/, ['read']],
  [/^(PUT|DELETE) \/v1\/state\/:key$/, ['write']],
  // They tell whether a version is there.
  [/^(PUT|DELETE) \/v1\/state\/:key If-(None-)?Match$/, ['write', 'read']],
  // They answer the value.
  [/^(PATCH \/v1\/state\/:key|POST \/v1\/state\/:key\/increment)$/, ['write', 'read']],
  [/^(GET|HEAD) \/v1\/(state|stats)$/, ['list']],
  [/^POST \/v1\/batch\/get$/, ['read']],
  [/^POST \/v1\/(batch\/(set|delete)|transactions)$/, ['write']],
  [/^GET \/v1\/events(\/ws)?$/, ['watch']],
  [/^(GET|HEAD|DELETE) \/v1\/session$/, []],
]

function neededFor(name: string): readonly Scope[] {
  return RULES.find(([pattern]) => pattern.test(name))?.[1] ?? ['admin']
}

/** Whether it is about the keys that a request names, so that a token with prefixes may have it. */
function namesKeys(name: string): boolean {
  return !neededFor(name).includes('admin') && !name.endsWith('/v1/stats')
}

interface Outcome {
  readonly status: number
  readonly code: unknown
  readonly challenge: string | null
}

/** Bodies are those that a route may have but none needs: what is refused has to be so before it is read. */
async function call(
  name: string,
  headers: Readonly<Record<string, string>>,
  key = 'app:k',
): Promise<Outcome> {
  const [method = '', url = '', condition] = name.split(' ')
  const path = url.replace(':key', encodeURIComponent(key)).replaceAll(/:\w+|\*/g, 'x')
  const hasBody = ['PUT', 'PATCH', 'POST'].includes(method)
  const controller = new AbortController()
  const response = await fetch(server.url + path, {
    method,
    headers: {
      ...headers,
      ...(hasBody && { 'content-type': 'application/json' }),
      ...(condition !== undefined && { [condition]: '*' }),
    },
    ...(hasBody && { body: '[]' }),
    signal: controller.signal,
  })
  const isProblem = response.headers.get('content-type') === 'application/problem+json' && method !== 'HEAD'
  const { code } = isProblem ? ((await response.json()) as { code: unknown }) : { code: undefined }
  controller.abort()
  return { status: response.status, code, challenge: response.headers.get('www-authenticate') }
}

it('is about every route', () => {
  expect(routes.length).toBeGreaterThan(40)
  expect(routes.map(([name]) => name)).toEqual(
    expect.arrayContaining(['GET /v1/audit', 'POST /v1/store/set']),
  )
})

const conditional = ['PUT', 'DELETE'].flatMap((method) =>
  ['If-Match', 'If-None-Match'].map((condition) => `${method} /v1/state/:key ${condition}`),
)

describe.each([...routes.map(([name]) => name), ...conditional])('%s', (name) => {
  if (OPEN.test(name)) {
    it('is open to everybody', async () => {
      for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
        expect([401, 403]).not.toContain((await call(name, headers)).status)
      }
    })
    return
  }

  const needed = neededFor(name)
  const isHead = name.startsWith('HEAD')

  it('takes a valid token', async () => {
    const unauthenticated = { status: 401, ...(!isHead && { code: 'UNAUTHENTICATED' }) }
    const bad = [
      'Basic YTpi',
      'Bearer',
      'Bearer ',
      `Bearer ${all.token} x`,
      `Bearer  x${all.token}`,
      all.token,
    ]
    for (const authorization of bad)
      expect(await call(name, { authorization })).toMatchObject(unauthenticated)
    expect(await call(name, {})).toMatchObject({ ...unauthenticated, challenge: 'Bearer' })
    expect(await call(name, expired.headers)).toMatchObject({
      ...unauthenticated,
      challenge: 'Bearer error="invalid_token"',
    })
    expect(await call(name, { cookie: `switchyard-session=${'x'.repeat(43)}` })).toMatchObject(
      unauthenticated,
    )
  })

  it.each([...single, ...without])('is refused to other scopes (%s)', async (_name, made) => {
    const outcome = await call(name, made.headers)
    const missing = needed.find((scope) => !made.settings.scopes.includes(scope))
    if (missing === undefined) expect([401, 403]).not.toContain(outcome.status)
    else {
      expect(outcome).toMatchObject({ status: 403, ...(!isHead && { code: 'FORBIDDEN' }) })
      expect(outcome.challenge).toBe(`Bearer error="insufficient_scope", scope="${missing}"`)
    }
  })

  it('is allowed to all scopes', async () => {
    expect([401, 403]).not.toContain((await call(name, all.headers)).status)
  })

  it('keeps to the prefixes', async () => {
    const outcome = await call(name, restricted.headers)
    if (needed.length === 0 || namesKeys(name)) expect([401, 403]).not.toContain(outcome.status)
    else expect(outcome).toMatchObject({ status: 403, ...(!isHead && { code: 'FORBIDDEN' }) })
    if (!name.includes(':key')) return
    for (const key of ['other', 'app', 'App:k', 'ap', ' app:k', 'x/app:k']) {
      expect(await call(name, restricted.headers, key)).toMatchObject({ status: 403 })
    }
  })
})

it('routes that look for keys beyond their path are those that are tested for it, in access-keys.test.ts', () => {
  const looking = routes.filter(([, { config }]) => {
    const access = config?.access
    return access !== undefined && 'scope' in access && access.scope !== 'admin' && access.keys !== undefined
  })
  expect(looking.map(([name]) => name).toSorted()).toEqual([
    'GET /v1/events',
    'GET /v1/events/ws',
    'GET /v1/state',
    'HEAD /v1/state',
    'POST /v1/batch/delete',
    'POST /v1/batch/get',
    'POST /v1/batch/set',
    'POST /v1/transactions',
  ])
})

it('what is no route is told to those who have a token only', async () => {
  for (const name of ['GET /v1/nothing', 'DELETE /v1/state', 'PUT /healthz']) {
    expect(await call(name, {})).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
    expect([404, 405]).toContain((await call(name, all.headers)).status)
  }
})

it('a token does not count anywhere but in the header', async () => {
  for (const path of [`/v1/state/app:k?token=${all.token}`, `/v1/stats?access_token=${all.token}`]) {
    const response = await fetch(server.url + path)
    expect(response.status).toBe(401)
  }
})
