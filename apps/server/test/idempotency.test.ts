import { join } from 'node:path'
import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { failingBackend } from './support/failing-backend.ts'
import { json, type RunningServer, startServer, temporaryFolder, urlOf } from './support/start-server.ts'

const server = await startServer({ backends: { memory: memory() } })

function increment(key: string, idempotencyKey: string, by = 1, { url } = server): Promise<Response> {
  const headers = { 'idempotency-key': idempotencyKey }
  return fetch(`${url}/v1/state/${key}/increment`, json('POST', { by }, headers))
}

const storedAt = async (key: string, { url } = server): Promise<unknown> =>
  (await fetch(`${url}/v1/state/${key}`)).json()

describe('a request with an Idempotency-Key', () => {
  it('is carried out once, and answered with the same answer again', async () => {
    const first = await increment('n', 'k1')
    const body = await first.text()
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([200, null])
    for (let i = 0; i < 3; i++) {
      const again = await increment('n', 'k1')
      expect([again.status, again.headers.get('idempotency-replayed'), await again.text()]).toEqual([
        200,
        'true',
        body,
      ])
      expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'))
    }
    expect(await storedAt('n')).toBe(1)
    await increment('n', 'k2')
    expect(await storedAt('n')).toBe(2)
  })

  it.each([
    ['PUT', '/v1/state/put', json('PUT', 1, { 'if-none-match': '*' }), 201],
    [
      'PATCH',
      '/v1/state/put',
      json('PATCH', { a: 1 }, { 'content-type': 'application/merge-patch+json' }),
      200,
    ],
    ['DELETE', '/v1/state/put', { method: 'DELETE' }, 204],
    ['POST', '/v1/transactions', json('POST', { operations: [{ op: 'increment', key: 'tx', by: 1 }] }), 200],
    ['POST', '/v1/batch/set', json('POST', { entries: [{ key: 'put', value: 1 }] }), 200],
    ['POST', '/v1/backup', json('POST', { name: 'once' }), 201],
  ] as [string, string, RequestInit, number][])('%s %s', async (method, path, init, status) => {
    const headers = { ...(init.headers as object), 'idempotency-key': `${method}-${path}` }
    const [first, again] = [
      await fetch(server.url + path, { ...init, headers }),
      await fetch(server.url + path, { ...init, headers }),
    ]
    expect([first.status, again.status]).toEqual([status, status])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(await again.text()).toBe(await first.text())
  })

  it('of many at the same time is carried out once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => increment('many', 'same')))
    expect(await storedAt('many')).toBe(1)
    for (const answer of answers) {
      if (answer.status === 409) await expectProblem(answer, 409, 'IDEMPOTENCY_KEY_IN_USE')
      else expect(await answer.json()).toMatchObject({ value: 1 })
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true)
  })

  it('is answered with the same problem again, though it would succeed now', async () => {
    const put = (): Promise<Response> =>
      fetch(urlOf(server, 'taken'), json('PUT', 1, { 'if-none-match': '*', 'idempotency-key': 'taken' }))
    await fetch(urlOf(server, 'taken'), json('PUT', 0))
    const first = await expectProblem(put(), 412, 'CONFLICT')
    await fetch(urlOf(server, 'taken'), { method: 'DELETE' })
    expect(await expectProblem(put(), 412, 'CONFLICT')).toEqual(first)
  })

  it('and another body, path or condition is refused', async () => {
    await increment('x', 'reused')
    await expectProblem(increment('x', 'reused', 2), 422, 'IDEMPOTENCY_KEY_REUSED')
    await expectProblem(increment('y', 'reused'), 422, 'IDEMPOTENCY_KEY_REUSED')
    const put = (headers: Record<string, string>): Promise<Response> =>
      fetch(urlOf(server, 'cond'), json('PUT', 1, { 'idempotency-key': 'cond', ...headers }))
    expect((await put({})).status).toBe(200)
    await expectProblem(put({ 'if-match': '*' }), 422, 'IDEMPOTENCY_KEY_REUSED')
  })

  it.each(['a b', 'x'.repeat(256), ' '])('has a key that makes sense, unlike %j', async (key) => {
    await expectProblem(increment('bad', key), 400, 'BAD_REQUEST')
  })

  it('is carried out again if it certainly was not', async () => {
    const failing = await startServer({ backends: { failing: failingBackend() } })
    const put = (key: string): Promise<Response> =>
      fetch(urlOf(failing, key), json('PUT', 1, { 'idempotency-key': key }))
    await expectProblem(put('fail:UNAVAILABLE'), 503, 'UNAVAILABLE')
    const again = await put('fail:UNAVAILABLE')
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([503, null])
  })
})

describe('the keys that were used', () => {
  it('survive switches and restarts', async () => {
    const folder = await temporaryFolder()
    const backends = {
      local: sqlite({ path: join(folder, 'state.db') }),
      files: file({ path: join(folder, 'files') }),
    }
    const dataDir = await temporaryFolder()
    const first = await startServer({ backends, dataDir })
    const { value } = (await (await increment('n', 'once', 7, first)).json()) as { value: number }
    const { id } = (await (await fetch(`${first.url}/v1/switch`, json('POST', { to: 'files' }))).json()) as {
      id: string
    }
    for (let phase = ''; phase !== 'done'; ) {
      phase = ((await (await fetch(`${first.url}/v1/switch/${id}`)).json()) as { phase: string }).phase
    }
    const afterSwitch = await increment('n', 'once', 7, first)
    expect([afterSwitch.headers.get('idempotency-replayed'), await afterSwitch.json()]).toEqual([
      'true',
      expect.objectContaining({ value }),
    ])
    await first.close()
    const second = await startServer({ backends, dataDir })
    const afterRestart = await increment('n', 'once', 7, second)
    expect(afterRestart.headers.get('idempotency-replayed')).toBe('true')
    expect(await storedAt('n', second)).toBe(7)
  })

  it('expire', async () => {
    const short = await startServer({ backends: { memory: memory() }, idempotencyWindow: 50 })
    await increment('n', 'short', 1, short)
    const until = Date.now() + 60
    while (Date.now() < until) await new Promise(setImmediate)
    await increment('n', 'short', 1, short)
    expect(await storedAt('n', short)).toBe(2)
  })

  it('of a request that a dead server had begun: it may have been done, and is not done again', async () => {
    const dead = await startServer({ backends: { memory: memory() } })
    const own = dead.state.namespace('\u{10ffff}switchyard')
    await increment('n', 'cut-off', 1, dead)
    const [key] = (await own.keys({ prefix: 'idempotency:' }).page()).items
    const { value: content } =
      (await dead.state.getEntry<{ body: Uint8Array }>(`\u{10ffff}switchyard:${key}`)) ?? {}
    const { answer: _, ...record } = JSON.parse(Buffer.from(content?.body ?? []).toString())
    const rewrite = (more: object): Promise<unknown> =>
      dead.state.set(`\u{10ffff}switchyard:${key}`, {
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify({ ...record, run: 'another', ...more })),
      })
    await rewrite({ until: Date.now() + 60_000 })
    await expectProblem(increment('n', 'cut-off', 1, dead), 409, 'IDEMPOTENCY_KEY_IN_USE')
    await rewrite({ until: Date.now() - 1 })
    await expectProblem(increment('n', 'cut-off', 1, dead), 504, 'OUTCOME_UNKNOWN')
    expect(await storedAt('n', dead)).toBe(1)
  })
})

describe('what the server keeps for itself', () => {
  const INTERNAL = '\u{10ffff}switchyard:x'

  async function started(): Promise<RunningServer> {
    const own = await startServer({ backends: { memory: memory() } })
    await increment('n', 'key', 1, own)
    return own
  }

  it('is in no list', async () => {
    const own = await started()
    for (const query of ['', '?limit=1', '?values=true', '?values=true&limit=1', '?prefix=%F4%8F%BF%BF']) {
      const seen: unknown[] = []
      let cursor: string | undefined
      do {
        const more =
          cursor === undefined ? '' : `${query === '' ? '?' : '&'}cursor=${encodeURIComponent(cursor)}`
        const page = (await (await fetch(`${own.url}/v1/state${query}${more}`)).json()) as {
          keys?: string[]
          entries?: { key: string }[]
          cursor?: string
        }
        seen.push(...(page.keys ?? page.entries?.map(({ key }) => key) ?? []))
        cursor = page.cursor
      } while (cursor !== undefined)
      expect(seen).toEqual(query.startsWith('?prefix') ? [] : ['n'])
    }
  })

  it('is refused as a key', async () => {
    const own = await started()
    const post = (path: string, body: object): Promise<Response> => fetch(own.url + path, json('POST', body))
    for (const answer of [
      fetch(urlOf(own, INTERNAL)),
      fetch(urlOf(own, INTERNAL), json('PUT', 1)),
      fetch(urlOf(own, INTERNAL), json('PATCH', {})),
      fetch(urlOf(own, INTERNAL), { method: 'DELETE' }),
      fetch(`${urlOf(own, INTERNAL)}/increment`, { method: 'POST' }),
      post('/v1/batch/get', { keys: [INTERNAL] }),
      post('/v1/batch/delete', { keys: [INTERNAL] }),
      post('/v1/batch/set', { entries: [{ key: INTERNAL, value: 1 }] }),
      post('/v1/transactions', { operations: [{ op: 'delete', key: INTERNAL }] }),
      post('/v1/transactions', { checks: [{ key: INTERNAL, version: null }], operations: [] }),
    ]) {
      await expectProblem(answer, 400, 'INVALID_KEY')
    }
  })

  it('does not stand in the way of a restore into an empty server', async () => {
    const own = await started()
    await fetch(`${own.url}/v1/backup`, json('POST', { name: 'b' }))
    await fetch(urlOf(own, 'n'), { method: 'DELETE' })
    const restored = await fetch(
      `${own.url}/v1/restore`,
      json('POST', { name: 'b' }, { 'idempotency-key': 'restore' }),
    )
    expect(restored.status).toBe(200)
    expect(await storedAt('n', own)).toBe(1)
  })
})
