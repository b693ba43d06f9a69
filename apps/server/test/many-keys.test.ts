import { describe, expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer, urlOf } from './support/start-server.ts'

const server = await startServer()

interface WireEntry {
  readonly key: string
  readonly version: string
  readonly value?: unknown
}

function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${server.url}${path}`, json('POST', body))
}

async function result<T>(response: Promise<Response>): Promise<T> {
  const answer = await response
  expect(answer.status).toBe(200)
  return (await answer.json()) as T
}

async function get<T>(path: string): Promise<T> {
  return result<T>(fetch(`${server.url}${path}`))
}

describe('batches', () => {
  it('set, get and delete in the order given', async () => {
    const entries = [
      { key: 'b:1', value: { a: 1 } },
      { key: 'b:2', value: null, ttl: '1h' },
      { key: 'b:3', contentType: 'image/png', base64: 'iVBORw==' },
      { key: '.', value: 'dot' },
      { key: '..', value: 'dots' },
      { key: '__proto__', value: { ['__proto__']: 1 } },
    ]
    const written = await result<{ entries: WireEntry[] }>(post('/v1/batch/set', { entries }))
    expect(written.entries.map(({ key }) => key)).toEqual(entries.map(({ key }) => key))
    const keys = ['b:3', 'absent', ...entries.map(({ key }) => key)]
    const read = await result<{ entries: WireEntry[] }>(post('/v1/batch/get', { keys }))
    const [first, second, ...rest] = read.entries
    expect(first).toEqual({ ...entries[2], version: written.entries[2]?.version })
    expect(second).toBeNull()
    expect(rest).toEqual(entries.map(({ ttl: _ttl, ...entry }, i) => ({ ...entry, ...written.entries[i] })))
    const image = await fetch(urlOf(server, 'b:3'))
    expect(image.headers.get('content-type')).toBe('image/png')
    expect(await result(post('/v1/batch/delete', { keys }))).toEqual({ deleted: 6 })
    expect(await result(post('/v1/batch/delete', { keys }))).toEqual({ deleted: 0 })
  })

  it('take JSON in base64, and keep it as JSON', async () => {
    const base64 = Buffer.from('{"a":1}').toString('base64')
    await result(post('/v1/batch/set', { entries: [{ key: 'j', contentType: 'application/json', base64 }] }))
    expect(await result(post('/v1/batch/get', { keys: ['j'] }))).toMatchObject({
      entries: [{ value: { a: 1 } }],
    })
    const bad = post('/v1/batch/set', {
      entries: [{ key: 'j', contentType: 'application/json', base64: 'eA==' }],
    })
    await expectProblem(bad, 400, 'MALFORMED_JSON')
  })

  it('of nothing do nothing', async () => {
    expect(await result(post('/v1/batch/get', { keys: [] }))).toEqual({ entries: [] })
    expect(await result(post('/v1/batch/set', { entries: [] }))).toEqual({ entries: [] })
    expect(await result(post('/v1/batch/delete', { keys: [] }))).toEqual({ deleted: 0 })
  })

  it.each([
    ['get', null],
    ['get', {}],
    ['get', { keys: 'a' }],
    ['get', { keys: [1] }],
    ['get', { keys: ['a'], more: 1 }],
    ['get', { keys: Array(1001).fill('a') }],
    ['set', { entries: [{ key: 'a' }] }],
    ['set', { entries: [{ value: 1 }] }],
    ['set', { entries: [{ key: 'a', value: 1, base64: 'eA==' }] }],
    ['set', { entries: [{ key: 'a', value: 1, contentType: 'x/y' }] }],
    ['set', { entries: [{ key: 'a', value: 1, contentType: 'x/y', base64: 'eA==' }] }],
    ['set', { entries: [{ key: 'a', contentType: 'x/y', base64: 'e' }] }],
    ['set', { entries: [{ key: 'a', contentType: 'x/y', base64: '???=' }] }],
    ['set', { entries: [{ key: 'a', value: 1, tll: 1 }] }],
    ['set', { entries: [{ key: 'a', value: 1, ttl: null }] }],
    ['delete', { keys: { length: 1 } }],
  ])('%s refuses %j', async (name, body) => {
    await expectProblem(post(`/v1/batch/${name}`, body), 400, 'BAD_REQUEST')
  })

  it('refuse illegal keys, TTLs and values, and then write nothing', async () => {
    const good = { key: 'good', value: 1 }
    const cases = [
      [{ key: '', value: 1 }, 'INVALID_KEY'],
      [{ key: 'x'.repeat(1025), value: 1 }, 'INVALID_KEY'],
      [{ key: '\ud800', value: 1 }, 'INVALID_KEY'],
      [{ key: 'a', value: 1, ttl: -1 }, 'INVALID_TTL'],
      [{ key: 'a', value: 1, ttl: 'x' }, 'INVALID_TTL'],
    ] as const
    for (const [bad, code] of cases) {
      await expectProblem(post('/v1/batch/set', { entries: [good, bad] }), 400, code)
    }
    const infinite = '{"entries":[{"key":"good","value":1},{"key":"a","value":[1e999]}]}'
    const response = fetch(`${server.url}/v1/batch/set`, { ...json('POST', null), body: infinite })
    await expectProblem(response, 400, 'NOT_SERIALIZABLE')
    expect((await fetch(urlOf(server, 'good'))).status).toBe(404)
    const refused = await expectProblem(post('/v1/batch/get', { keys: ['a', ''] }), 400, 'INVALID_KEY')
    expect(refused['key']).toBe('')
  })
})

describe('transactions', () => {
  it('check and write, all or nothing', async () => {
    const created = await result<{ results: { version: string }[] }>(
      post('/v1/transactions', {
        checks: [{ key: 't:1', version: null }],
        operations: [
          { op: 'set', key: 't:1', value: { n: 1 } },
          { op: 'set', key: 't:2', contentType: 'text/plain', base64: 'eA==', ttl: '1h' },
          { op: 'increment', key: 't:n', by: 5 },
          { op: 'delete', key: 't:absent' },
        ],
      }),
    )
    expect(created.results).toEqual([
      { op: 'set', version: expect.any(String) },
      { op: 'set', version: expect.any(String), expiresAt: expect.any(Number) },
      { op: 'increment', value: 5, version: expect.any(String) },
      { op: 'delete', deleted: false },
    ])
    const version = created.results[0]?.version
    const failed = await expectProblem(
      post('/v1/transactions', {
        checks: [
          { key: 't:1', version },
          { key: 't:2', version: 'other' },
        ],
        operations: [
          { op: 'delete', key: 't:1' },
          { op: 'increment', key: 't:n' },
        ],
      }),
      409,
      'CONFLICT',
    )
    expect(failed['key']).toBe('t:2')
    expect(await (await fetch(urlOf(server, 't:1'))).json()).toEqual({ n: 1 })
    expect(await (await fetch(urlOf(server, 't:n'))).json()).toBe(5)
    expect(await result(post('/v1/transactions', { operations: [] }))).toEqual({ results: [] })
  })

  it('an operation that fails undoes the others', async () => {
    await fetch(urlOf(server, 'u:text'), json('PUT', 'x'))
    const operations = [
      { op: 'set', key: 'u:1', value: 1 },
      { op: 'increment', key: 'u:text' },
    ]
    await expectProblem(post('/v1/transactions', { operations }), 422, 'INVALID_VALUE')
    expect((await fetch(urlOf(server, 'u:1'))).status).toBe(404)
  })

  it.each([
    {},
    [],
    { operations: {} },
    { operations: [{ op: 'drop', key: 'a' }] },
    { operations: [{ key: 'a' }] },
    { operations: [{ op: 'set', key: 'a' }] },
    { operations: [{ op: 'set', key: 'a', value: 1, by: 1 }] },
    { operations: [{ op: 'delete' }] },
    { operations: [{ op: 'delete', key: 'a', value: 1 }] },
    { operations: [{ op: 'increment', key: 'a', by: 0.5 }] },
    { operations: [], checks: [{ key: 'a' }] },
    { operations: [], checks: [{ key: 'a', version: 1 }] },
    { operations: [], check: [] },
  ])('refuse %j', async (body) => {
    await expectProblem(post('/v1/transactions', body), 400, 'BAD_REQUEST')
  })
})

describe('GET /v1/state', () => {
  const keys = ['l:', 'l:A', 'l:a', 'l:a%', 'l:a_', 'l:b/c', 'l:é', 'l:\uffff', 'l:🙂']

  it('lists keys in byte order, page by page, with a literal prefix', async () => {
    await result(post('/v1/batch/set', { entries: keys.toReversed().map((key) => ({ key, value: key })) }))
    expect(await get('/v1/state?prefix=l:')).toEqual({ keys })
    expect(await get('/v1/state?prefix=l:a%25')).toEqual({ keys: ['l:a%'] })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page = await get<{ keys: string[]; cursor?: string }>(`/v1/state?prefix=l:&limit=2${from}`)
      expect(page.keys.length).toBeLessThanOrEqual(2)
      seen.push(...page.keys)
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(seen).toEqual(keys)
  })

  it('answers entries with values=true', async () => {
    await fetch(urlOf(server, 'l:b'), { method: 'PUT', body: 'x', headers: { 'content-type': 'text/plain' } })
    const first = await get<{ entries: WireEntry[]; cursor: string }>(
      '/v1/state?prefix=l:&limit=3&values=true',
    )
    expect(first.entries.map(({ key, value }) => [key, value])).toEqual(
      keys.slice(0, 3).map((key) => [key, key]),
    )
    const rest = await get<{ entries: WireEntry[] }>(`/v1/state?prefix=l:b&values=true`)
    expect(rest).toEqual({
      entries: [
        { key: 'l:b', contentType: 'text/plain', base64: 'eA==', version: expect.any(String) },
        { key: 'l:b/c', value: 'l:b/c', version: expect.any(String) },
      ],
    })
    expect(await get('/v1/state?prefix=nothing&values=true')).toEqual({ entries: [] })
    expect(await get('/v1/state?prefix=l:&values=false&limit=1')).toEqual({ keys: ['l:'], cursor: 'l:' })
  })

  it('ends a page of large values early', async () => {
    const body = 'x'.repeat(500_000)
    for (let i = 10; i < 40; i++) {
      await fetch(urlOf(server, `big:${i}`), {
        method: 'PUT',
        body,
        headers: { 'content-type': 'text/plain' },
      })
    }
    let count = 0
    let pages = 0
    let query = ''
    for (;;) {
      const page = await get<{ entries: WireEntry[]; cursor?: string }>(
        `/v1/state?prefix=big:&limit=1000&values=true${query}`,
      )
      count += page.entries.length
      pages++
      if (page.cursor === undefined) break
      query = `&cursor=${page.cursor}`
    }
    expect(count).toBe(30)
    expect(pages).toBeGreaterThan(1)
  })

  it.each([
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=x',
    'limit=1.5',
    'limit=',
    'values=1',
    'prefix=a&prefix=b',
    'order=desc',
  ])('refuses ?%s', async (query) => {
    await expectProblem(fetch(`${server.url}/v1/state?${query}`), 400, 'BAD_REQUEST')
  })

  it.each(['prefix=%00', `prefix=${'x'.repeat(1025)}`, 'cursor=', 'cursor=%00'])(
    'refuses ?%s',
    async (query) => {
      await expectProblem(fetch(`${server.url}/v1/state?${query}`), 400, 'INVALID_KEY')
    },
  )
})
