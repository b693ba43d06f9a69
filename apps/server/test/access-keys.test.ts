import { compareKeys } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import fc from 'fast-check'
import type { FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'
import { allowedPrefixes, allowKey, allowPrefix } from '../src/access/key-rules.ts'
import { createTokens, hashOf } from '../src/access/tokens.ts'
import { RequestError } from '../src/problems/request-error.ts'
import { readEvents } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer, urlOf } from './support/start-server.ts'
import { type MadeToken, makeToken } from './support/tokens.ts'
import { openWebSocket } from './support/web-socket.ts'

/** Few characters, so that prefixes and keys meet; some sort differently as UTF-16 and as UTF-8. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '\u{1f600}', '\uffee'), maxLength: 4 })
const prefixes = fc.array(text, { minLength: 1, maxLength: 4 })
const keys = fc.uniqueArray(
  text.filter((key) => key !== ''),
  { maxLength: 30 },
)

function requestOf(own: readonly string[]): FastifyRequest {
  const { token, settings } = makeToken({ scopes: ['read'], prefixes: own })
  const principal = createTokens([settings], Date.now).find(hashOf(token))?.principal
  return { principal } as FastifyRequest
}

function isAllowed(check: () => unknown): boolean {
  try {
    check()
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'FORBIDDEN' })
    expect(error).toBeInstanceOf(RequestError)
    return false
  }
}

describe('the rules', () => {
  it('allow a key exactly if it has one of the prefixes', () => {
    fc.assert(
      fc.property(prefixes, text, (own, key) => {
        const expected = own.some((prefix) => key.startsWith(prefix))
        expect(isAllowed(() => allowKey(requestOf(own), key))).toBe(expected)
        expect(isAllowed(() => allowPrefix(requestOf(own), key))).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('narrow a prefix to exactly the keys that are allowed one by one, each once, in order', () => {
    fc.assert(
      fc.property(prefixes, text, keys, (own, prefix, some) => {
        const request = requestOf(own)
        const wanted = some.filter((key) => key.startsWith(prefix) && isAllowed(() => allowKey(request, key)))
        let narrowed: readonly string[] = []
        if (!isAllowed(() => (narrowed = allowedPrefixes(request, prefix)))) expect(wanted).toEqual([])
        const listed = narrowed.flatMap((one) => some.filter((key) => key.startsWith(one)).sort(compareKeys))
        expect(listed).toEqual(wanted.sort(compareKeys))
      }),
      { numRuns: 500 },
    )
  })
})

const scopes = ['read', 'write', 'list', 'watch'] as const
const own: readonly (readonly string[])[] = [
  ['a'],
  ['b:', 'a:'],
  ['\u{1f600}', '\uffee', 'ab'],
  ['bb', 'b', ':'],
  ['zz'],
]
const made = own.map((some) => makeToken({ scopes, prefixes: some }))
const all = makeToken({ scopes })
const writer = makeToken({ scopes: ['write'] })
const lister = makeToken({ scopes: ['list'] })
const tokens = [all, writer, lister, ...made].map(({ settings }) => settings)
const server = await startServer({ backends: { one: memory() }, access: { tokens } })

const stored = fc.sample(keys, { numRuns: 20, seed: 7 }).flat()
await fetch(
  `${server.url}/v1/batch/set`,
  json('POST', { entries: stored.map((key) => ({ key, value: key })) }, all.headers),
)

const post = (path: string, body: unknown, { headers }: MadeToken): Promise<Response> =>
  fetch(server.url + path, json('POST', body, headers))

async function listed({ headers }: MadeToken, query: string): Promise<string[] | undefined> {
  const found: string[] = []
  let cursor: string | undefined
  do {
    const after = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const response = await fetch(`${server.url}/v1/state?${query}${after}`, { headers })
    if (response.status === 403) return undefined
    const page = (await response.json()) as {
      keys?: string[]
      entries?: { key: string; value: string }[]
      cursor?: string
    }
    for (const entry of page.entries ?? []) expect(entry.value).toBe(entry.key)
    found.push(...(page.keys ?? page.entries?.map(({ key }) => key) ?? []))
    cursor = page.cursor
  } while (cursor !== undefined)
  return found
}

describe('what a get would refuse', () => {
  const different = [...new Set(stored)]

  it.each(own.map((some, i): [readonly string[], MadeToken] => [some, made[i] as MadeToken]))(
    'is in no list (%j)',
    async (_prefixes, token) => {
      const readable: string[] = []
      for (const key of different) {
        const response = await fetch(urlOf(server, key), { headers: token.headers })
        if (response.status === 200) readable.push(key)
        else expect(response.status).toBe(403)
      }
      for (const prefix of ['', 'a', 'b', 'b:', 'bb', ':', 'q', '\u{1f600}', 'z']) {
        const wanted = readable.filter((key) => key.startsWith(prefix)).sort(compareKeys)
        for (const more of ['limit=1', 'limit=3', 'limit=1000', 'limit=2&values=true']) {
          const found = await listed(token, `prefix=${encodeURIComponent(prefix)}&${more}`)
          expect(found ?? []).toEqual(wanted)
        }
      }
    },
  )

  it('is not reached with a cursor', async () => {
    const [first] = made
    const found = await listed(first as MadeToken, 'cursor=%3A')
    expect(found?.every((key) => key.startsWith('a'))).toBe(true)
    expect(found?.length).toBeGreaterThan(0)
  })

  it('is in no batch and no transaction, also not beside what is allowed', async () => {
    const [token] = made as [MadeToken]
    const set = (key: string): object => ({ op: 'set', key, value: 1 })
    const bodies: [string, object][] = [
      ['/v1/batch/get', { keys: ['a', 'b'] }],
      ['/v1/batch/delete', { keys: ['a', 'b'] }],
      [
        '/v1/batch/set',
        {
          entries: [
            { key: 'a', value: 1 },
            { key: 'b', value: 1 },
          ],
        },
      ],
      ['/v1/transactions', { operations: [set('a'), set('b')] }],
      ['/v1/transactions', { operations: [set('a'), { op: 'delete', key: 'b' }] }],
      ['/v1/transactions', { operations: [set('a'), { op: 'increment', key: 'b' }] }],
      ['/v1/transactions', { operations: [set('a')], checks: [{ key: 'b', version: null }] }],
    ]
    const before = await (await fetch(urlOf(server, 'a'), { headers: all.headers })).text()
    for (const [path, body] of bodies) {
      const problem = await expectProblem(post(path, body, token), 403, 'FORBIDDEN')
      expect(problem['key']).toBe('b')
    }
    expect(await (await fetch(urlOf(server, 'a'), { headers: all.headers })).text()).toBe(before)
  })

  it('is told nothing about: whether it is there, and as what, makes no difference', async () => {
    const [token] = made as [MadeToken]
    await fetch(urlOf(server, 'bytes'), { method: 'PUT', body: 'x', headers: all.headers })
    const answers = await Promise.all(
      ['GET', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
        ['bytes', 'bnone'].map(async (key) => {
          const headers = { ...token.headers, 'if-match': '"x"' }
          const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }
          const response = await fetch(urlOf(server, key), { method, headers, ...body })
          const { requestId: _, ...problem } = await expectProblem(response, 403, 'FORBIDDEN')
          return JSON.stringify(problem).replaceAll(key, 'key')
        }),
      ),
    )
    expect(new Set(answers).size).toBe(1)
  })

  it('is in no event', async () => {
    const [token] = made as [MadeToken]
    const url = `${server.url}/v1/events`
    await using reader = await readEvents(url, undefined, token.headers)
    for (const key of ['b1', 'a1', 'zz', 'a2']) {
      await fetch(urlOf(server, key), json('PUT', 1, all.headers))
    }
    const events = await reader.take(2)
    expect(events.map(({ data }) => (data as { key: string }).key)).toEqual(['a1', 'a2'])
    await expectProblem(fetch(`${url}?prefix=b`, { headers: token.headers }), 403, 'FORBIDDEN')
  })
})

describe('over a WebSocket', () => {
  const url = `${server.url}/v1/events/ws`

  it('it is the same', async () => {
    const [token] = made as [MadeToken]
    using socket = openWebSocket(url, token.headers)
    expect(await socket.next()).toMatchObject({ event: 'open' })
    for (const key of ['b2', 'a3', 'zz', 'a4']) {
      await fetch(urlOf(server, key), json('PUT', 1, all.headers))
    }
    for (const key of ['a3', 'a4']) expect(await socket.next()).toMatchObject({ data: { key } })
  })

  it.each([
    ['no token', '', {}],
    ['another prefix', '?prefix=b', (made[0] as MadeToken).headers],
    ['another scope', '', writer.headers],
  ])('it is not opened with %s', async (_name, query, headers) => {
    using socket = openWebSocket(url + query, headers)
    expect(await socket.next()).toBeUndefined()
  })
})

describe('values are told to readers only', () => {
  it.each([
    ['PATCH', (): Promise<Response> => fetch(urlOf(server, 'v'), json('PATCH', {}, writer.headers))],
    ['increment', () => post('/v1/state/n/increment', {}, writer)],
    [
      'a check',
      () => post('/v1/transactions', { operations: [], checks: [{ key: 'v', version: null }] }, writer),
    ],
    ['a sum', () => post('/v1/transactions', { operations: [{ op: 'increment', key: 'n' }] }, writer)],
    ['a list', () => fetch(`${server.url}/v1/state?values=true`, { headers: lister.headers })],
  ])('%s', async (_name, request) => {
    const response = await request()
    expect(response.headers.get('www-authenticate')).toContain('scope="read"')
    await expectProblem(response, 403, 'FORBIDDEN')
  })

  it('who writes needs not read', async () => {
    expect((await fetch(urlOf(server, 'w'), json('PUT', 1, writer.headers))).status).toBe(200)
    const operations = [{ op: 'set', key: 'w', value: 2 }]
    expect((await post('/v1/transactions', { operations }, writer)).status).toBe(200)
    expect((await fetch(`${server.url}/v1/state`, { headers: lister.headers })).status).toBe(200)
  })
})
