import { describe, expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { etagOf, json, startServer, urlOf } from './support/start-server.ts'

const server = await startServer()

function put(key: string, value: unknown, query = ''): Promise<Response> {
  return fetch(urlOf(server, key, query), json('PUT', value))
}

function patch(
  key: string,
  value: unknown,
  headers: Record<string, string> = {},
  query = '',
): Promise<Response> {
  const merge = { 'content-type': 'application/merge-patch+json' }
  return fetch(urlOf(server, key, query), json('PATCH', value, { ...merge, ...headers }))
}

function increment(key: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const url = `${urlOf(server, key)}/increment`
  return fetch(url, body === undefined ? { method: 'POST', headers } : json('POST', body, headers))
}

describe('PATCH', () => {
  // The examples of RFC 7396, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', async (before, change, after) => {
    await put('rfc', before)
    const answer = await patch('rfc', change)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.json()).toEqual(after)
    const read = await fetch(urlOf(server, 'rfc'))
    expect(await read.json()).toEqual(after)
    expect(etagOf(read)).toBe(etagOf(answer))
  })

  it('creates what is not there', async () => {
    const answer = await patch('made', { a: 1, b: null })
    expect([answer.status, await answer.json()]).toEqual([201, { a: 1 }])
  })

  it('takes application/json too, and nothing else', async () => {
    await put('types', { a: 1 })
    expect((await patch('types', { b: 2 }, { 'content-type': 'application/json' })).status).toBe(200)
    const refused = patch('types', { b: 2 }, { 'content-type': 'application/json-patch+json' })
    expect((await refused).headers.get('accept-patch')).toBe('application/merge-patch+json')
    await expectProblem(refused, 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  it('changes JSON only', async () => {
    await fetch(urlOf(server, 'text'), {
      method: 'PUT',
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    })
    const problem = await expectProblem(patch('text', { a: 1 }), 415, 'UNSUPPORTED_MEDIA_TYPE')
    expect(problem['key']).toBe('text')
  })

  it('keeps the expiry, or sets a new one', async () => {
    const written = await put('ttl', { a: 1 }, '?ttl=1h')
    const kept = await patch('ttl', { b: 2 })
    expect(kept.headers.get('expires-at')).toBe(written.headers.get('expires-at'))
    const changed = await patch('ttl', { b: 3 }, {}, '?ttl=2h')
    expect(Date.parse(changed.headers.get('expires-at') as string)).toBeGreaterThan(Date.now() + 3_700_000)
    await expectProblem(patch('ttl', { b: 3 }, {}, '?ttl=-1'), 400, 'INVALID_TTL')
  })

  it('heeds the precondition', async () => {
    const etag = etagOf(await put('match', { a: 1 }))
    expect((await patch('match', { b: 2 }, { 'if-match': etag })).status).toBe(200)
    await expectProblem(patch('match', { c: 3 }, { 'if-match': etag }), 412, 'CONFLICT')
    await expectProblem(patch('match', { c: 3 }, { 'if-none-match': '*' }), 412, 'CONFLICT')
    await expectProblem(patch('absent', { c: 3 }, { 'if-match': '*' }), 412, 'CONFLICT')
  })

  it('loses nothing under concurrency', async () => {
    await put('many', {})
    const names = Array.from({ length: 120 }, (_, i) => `n${i}`)
    const answers = await Promise.all(names.map((name) => patch('many', { [name]: true })))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const value = (await (await fetch(urlOf(server, 'many'))).json()) as object
    expect(Object.keys(value).toSorted()).toEqual(names.toSorted())
  })

  it('treats __proto__ as a name like any other', async () => {
    await fetch(urlOf(server, 'proto'), { ...json('PUT', null), body: '{"__proto__":{"a":1},"b":{}}' })
    const body =
      '{"__proto__":{"polluted":1},"b":{"__proto__":{"polluted":2}},"constructor":{"prototype":{"polluted":3}}}'
    const answer = await fetch(urlOf(server, 'proto'), { ...json('PATCH', null), body })
    expect(await answer.text()).toBe(
      '{"__proto__":{"a":1,"polluted":1},"b":{"__proto__":{"polluted":2}},"constructor":{"prototype":{"polluted":3}}}',
    )
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  it.each(['{', '', '[[[', '{"a":1e999}'])('refuses %j', async (body) => {
    await put('bad', { a: 1 })
    const code = body.includes('1e999') ? 'NOT_SERIALIZABLE' : 'MALFORMED_JSON'
    await expectProblem(fetch(urlOf(server, 'bad'), { ...json('PATCH', null), body }), 400, code)
  })
})

describe('increment', () => {
  it('counts from 0, by 1 or as told', async () => {
    const first = await increment('n')
    expect(await first.json()).toEqual({ value: 1, version: etagOf(first).slice(1, -1) })
    expect(await (await increment('n', { by: 41 })).json()).toMatchObject({ value: 42 })
    expect(await (await increment('n', { by: -50 })).json()).toMatchObject({ value: -8 })
    expect(await (await increment('n', {})).json()).toMatchObject({ value: -7 })
    expect(await (await fetch(urlOf(server, 'n'))).json()).toBe(-7)
  })

  it('gives a TTL to what it creates', async () => {
    const created = await increment('window', { ttl: '1h' })
    const { expiresAt } = (await created.json()) as { expiresAt: number }
    expect(created.headers.get('expires-at')).toBe(new Date(expiresAt).toISOString())
    expect(await (await increment('window', { ttl: '9h' })).json()).toMatchObject({ value: 2, expiresAt })
  })

  it('counts what PUT wrote', async () => {
    await fetch(urlOf(server, 'put'), { ...json('PUT', null), body: ' 41\n' })
    expect(await (await increment('put')).json()).toMatchObject({ value: 42 })
  })

  it('is exact under concurrency', async () => {
    await Promise.all(Array.from({ length: 100 }, () => increment('hot')))
    expect(await (await fetch(urlOf(server, 'hot'))).json()).toBe(100)
  })

  it('heeds the precondition', async () => {
    const etag = etagOf(await increment('cond', undefined, { 'if-none-match': '*' }))
    await expectProblem(increment('cond', undefined, { 'if-none-match': '*' }), 412, 'CONFLICT')
    expect((await increment('cond', { by: 2 }, { 'if-match': etag })).status).toBe(200)
    await expectProblem(increment('cond', { by: 2 }, { 'if-match': etag }), 412, 'CONFLICT')
  })

  it('refuses what is not an integer', async () => {
    await put('text', 'x')
    await expectProblem(increment('text'), 422, 'INVALID_VALUE')
    await put('max', Number.MAX_SAFE_INTEGER)
    await expectProblem(increment('max'), 422, 'INVALID_VALUE')
    await expectProblem(increment('n', { by: 2 ** 60 }), 422, 'INVALID_VALUE')
    for (const body of [{ by: 1.5 }, { by: '1' }, { by: null }, [], 1, { add: 1 }, { ttl: {} }]) {
      await expectProblem(increment('n', body), 400, 'BAD_REQUEST')
    }
    await expectProblem(increment('n2', { ttl: 0 }), 400, 'INVALID_TTL')
  })
})
