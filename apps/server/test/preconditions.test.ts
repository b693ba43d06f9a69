import { describe, expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { etagOf, json, startServer, urlOf } from './support/start-server.ts'

const server = await startServer()

function put(key: string, value: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(urlOf(server, key), json('PUT', value, headers))
}

function remove(key: string, headers: Record<string, string>): Promise<Response> {
  return fetch(urlOf(server, key), { method: 'DELETE', headers })
}

async function present(key: string): Promise<string> {
  return etagOf(await put(key, 'present'))
}

describe('PUT', () => {
  it('If-None-Match: * creates, once', async () => {
    expect((await put('new', 1, { 'if-none-match': '*' })).status).toBe(201)
    const problem = await expectProblem(put('new', 2, { 'if-none-match': '*' }), 412, 'CONFLICT')
    expect(problem['key']).toBe('new')
    expect(await (await fetch(urlOf(server, 'new'))).json()).toBe(1)
  })

  it('If-Match replaces the version that it names', async () => {
    const first = await present('match')
    const second = etagOf(await put('match', 2, { 'if-match': first }))
    await expectProblem(put('match', 3, { 'if-match': first }), 412, 'CONFLICT')
    expect((await put('match', 4, { 'if-match': `"other", ${second} ,"x"` })).status).toBe(200)
    await expectProblem(put('match', 5, { 'if-match': '"a", "b"' }), 412, 'CONFLICT')
  })

  it('a weak tag never matches If-Match', async () => {
    const etag = await present('weak')
    await expectProblem(put('weak', 2, { 'if-match': `W/${etag}` }), 412, 'CONFLICT')
  })

  it('If-Match: * replaces what is there, and nothing else', async () => {
    await expectProblem(put('any', 1, { 'if-match': '*' }), 412, 'CONFLICT')
    await present('any')
    expect((await put('any', 2, { 'if-match': '*' })).status).toBe(200)
  })

  it('If-None-Match with versions spares those', async () => {
    const etag = await present('none')
    await expectProblem(put('none', 2, { 'if-none-match': `"x", W/${etag}` }), 412, 'CONFLICT')
    expect((await put('none', 2, { 'if-none-match': '"x"' })).status).toBe(200)
    expect((await put('none-new', 2, { 'if-none-match': '"x"' })).status).toBe(201)
  })

  it('of many writers on one version, one wins', async () => {
    const etag = await present('race')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => put('race', i, { 'if-match': etag })),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array<number>(19).fill(412)])
    const creators = await Promise.all(
      Array.from({ length: 20 }, (_, i) => put('race2', i, { 'if-none-match': '*' })),
    )
    expect(creators.filter(({ status }) => status === 201)).toHaveLength(1)
  })

  it('If-Match: * holds under other writes', async () => {
    await present('busy')
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => put('busy', i, i % 2 === 0 ? { 'if-match': '*' } : {})),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })
})

describe('DELETE', () => {
  it('heeds If-Match', async () => {
    const etag = await present('delete')
    await expectProblem(remove('delete', { 'if-match': '"other"' }), 412, 'CONFLICT')
    expect((await remove('delete', { 'if-match': etag })).status).toBe(204)
    await expectProblem(remove('delete', { 'if-match': etag }), 412, 'CONFLICT')
    await expectProblem(remove('delete', { 'if-match': '*' }), 412, 'CONFLICT')
  })

  it('If-None-Match: * has nothing to delete', async () => {
    await expectProblem(remove('never', { 'if-none-match': '*' }), 404, 'NOT_FOUND')
    await present('delete')
    await expectProblem(remove('delete', { 'if-none-match': '*' }), 412, 'CONFLICT')
  })
})

describe('GET', () => {
  it('answers 304 to the version that the client has', async () => {
    const etag = await present('cached')
    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await fetch(urlOf(server, 'cached'), { headers: { 'if-none-match': tags } })
      expect([response.status, await response.text()]).toEqual([304, ''])
      expect(etagOf(response)).toBe(etag)
    }
    expect((await fetch(urlOf(server, 'cached'), { headers: { 'if-none-match': '"x"' } })).status).toBe(200)
    const head = await fetch(urlOf(server, 'cached'), { method: 'HEAD', headers: { 'if-none-match': etag } })
    expect(head.status).toBe(304)
    await expectProblem(
      fetch(urlOf(server, 'absent'), { headers: { 'if-none-match': '*' } }),
      404,
      'NOT_FOUND',
    )
  })

  it('answers 412 to another version', async () => {
    const etag = await present('fresh')
    expect((await fetch(urlOf(server, 'fresh'), { headers: { 'if-match': etag } })).status).toBe(200)
    await expectProblem(fetch(urlOf(server, 'fresh'), { headers: { 'if-match': '"x"' } }), 412, 'CONFLICT')
  })
})

it.each(['abc', '"a', '"a" "b"', '', ',', '"a",', '"a b"', '*, "a"', 'w/"a"'])(
  'refuses the list %j',
  async (tags) => {
    for (const name of ['if-match', 'if-none-match']) {
      await expectProblem(put('tags', 1, { [name]: tags }), 400, 'BAD_REQUEST')
    }
  },
)
