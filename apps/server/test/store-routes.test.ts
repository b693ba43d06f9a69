import { memory } from '@switchyard/memory'
import { describe, expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { failingBackend } from './support/failing-backend.ts'
import { json, type RunningServer, startServer, urlOf } from './support/start-server.ts'

const server = await startServer()

function post(path: string, body: unknown = {}, to: RunningServer = server): Promise<Response> {
  return fetch(`${to.url}/v1/store/${path}`, json('POST', body))
}

async function result(response: Promise<Response>): Promise<unknown> {
  const answer = await response
  expect(answer.status).toBe(200)
  return answer.json()
}

async function lines(response: Promise<Response>): Promise<unknown[]> {
  const answer = await response
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/jsonl')
  const text = await answer.text()
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

const base64 = (...bytes: number[]): string => Buffer.from(bytes).toString('base64')
const entryOf = (version: string, ...bytes: number[]) => ({ value: base64(...bytes), version })

describe('entries', () => {
  it('come back with their bytes, versions and expiries', async () => {
    const entry = { ...entryOf('any "version" 🙂', 0, 255, 128), expiresAt: Date.now() + 60_000 }
    expect(await result(post('set', { key: 'a', entry }))).toEqual({})
    expect(await result(post('get', { keys: ['a', 'absent', 'a'] }))).toEqual({
      entries: [entry, null, entry],
    })
    expect(await result(post('delete', { key: 'a' }))).toEqual({ deleted: true })
    expect(await result(post('delete', { key: 'a' }))).toEqual({ deleted: false })
    expect(await result(post('get', { keys: [] }))).toEqual({ entries: [] })
  })

  it('are those of the other routes', async () => {
    await fetch(urlOf(server, 'json'), json('PUT', { a: 1 }))
    expect(await result(post('get', { keys: ['json'] }))).toMatchObject({
      entries: [{ value: Buffer.from('{"a":1}').toString('base64') }],
    })
    await result(post('set', { key: 'json', entry: { ...entryOf('own'), value: base64(0x37) } }))
    const read = await fetch(urlOf(server, 'json'))
    expect([await read.text(), read.headers.get('etag')]).toEqual(['7', '"own"'])
  })

  it('are set and deleted on conditions', async () => {
    const entry = entryOf('v1', 1)
    await result(post('set', { key: 'c', entry, ifVersion: null }))
    for (const ifVersion of [null, 'v', 'v2']) {
      const problem = await expectProblem(post('set', { key: 'c', entry, ifVersion }), 409, 'CONFLICT')
      expect(problem).toMatchObject({ key: 'c' })
    }
    await result(post('set', { key: 'c', entry: entryOf('v2', 2), ifVersion: 'v1' }))
    await expectProblem(post('delete', { key: 'c', ifVersion: 'v1' }), 409, 'CONFLICT')
    expect(await result(post('delete', { key: 'c', ifVersion: 'v2' }))).toEqual({ deleted: true })
  })

  it('may be larger than the bodies of other routes', async () => {
    const value = Buffer.alloc(16_777_216, 7).toString('base64')
    await result(post('set', { key: 'large', entry: { value, version: 'v' } }))
    expect(await result(post('get', { keys: ['large'] }))).toEqual({ entries: [{ value, version: 'v' }] })
    await expectProblem(
      post('write', { operations: [], more: 'x'.repeat(33_554_432) }),
      413,
      'PAYLOAD_TOO_LARGE',
    )
    await result(post('delete', { key: 'large' }))
  })
})

describe('batches', () => {
  it('check and write, all or nothing', async () => {
    const operations = [
      { op: 'set', key: 'b:1', entry: entryOf('v1', 1) },
      { op: 'increment', key: 'b:n', by: 5, version: 'v2', expiresAt: 8_000_000_000_000 },
      { op: 'delete', key: 'b:absent' },
    ]
    const checks = [{ key: 'b:1', version: null }]
    expect(await result(post('write', { operations, checks, atomic: true }))).toEqual({
      results: [
        { op: 'set' },
        { op: 'increment', value: 5, expiresAt: 8_000_000_000_000 },
        { op: 'delete', deleted: false },
      ],
    })
    const problem = await expectProblem(post('write', { operations, checks, atomic: true }), 409, 'CONFLICT')
    expect(problem).toMatchObject({ key: 'b:1' })
    await expectProblem(post('write', { operations, checks }), 400, 'INVALID_OPTIONS')
    expect(await result(post('get', { keys: ['b:n'] }))).toEqual({
      entries: [{ value: base64(0x35), version: 'v2', expiresAt: 8_000_000_000_000 }],
    })
  })

  it('that are not atomic name what was not done', async () => {
    const failing = await startServer({ backends: { failing: failingBackend() } })
    const operations = ['a', 'fail:FULL', 'c'].map((key) => ({ op: 'delete', key }))
    const problem = await expectProblem(post('write', { operations }, failing), 507, 'FULL')
    expect(problem['notApplied']).toEqual(['fail:FULL', 'c'])
    const atomic = post('write', { operations: operations.slice(0, 2), atomic: true }, failing)
    await expectProblem(atomic, 501, 'NOT_SUPPORTED')
  })
})

describe('lists', () => {
  it('give some entries in each line, and say that these were all', async () => {
    const operations = Array.from({ length: 1500 }, (_, i) => ({
      op: 'set',
      key: `l:${String(i).padStart(4, '0')}`,
      entry: entryOf(`v${i}`, 1),
    }))
    await result(post('write', { operations }))
    const all = (await lines(post('list', { prefix: 'l:' }))) as { entries?: { key: string }[]; end?: true }[]
    expect(all.at(-1)).toEqual({ end: true })
    expect(all.slice(0, -1).flatMap(({ entries = [] }) => entries)).toEqual(
      operations.map(({ key, entry }) => ({ key, ...entry })),
    )
    expect(await lines(post('list', { prefix: 'l:', after: 'l:0002', limit: 2, keysOnly: true }))).toEqual([
      { entries: [{ key: 'l:0003' }, { key: 'l:0004' }] },
      { end: true },
    ])
    expect(await lines(post('list', { prefix: 'none', ordered: true }))).toEqual([{ end: true }])
  })

  it('are in order or refused where that is asked for', async () => {
    const failing = await startServer({ backends: { failing: failingBackend() } })
    expect(await lines(post('list', {}, failing))).toEqual([{ end: true }])
    await expectProblem(post('list', { ordered: true }, failing), 501, 'NOT_SUPPORTED')
    await expectProblem(post('list', { after: 'a' }, failing), 501, 'NOT_SUPPORTED')
  })

  it('that fail at once are problems, and those that fail later end with one', async () => {
    await expectProblem(post('list', { prefix: '\0' }), 400, 'INVALID_KEY')
    const backend = memory()
    let pages = 0
    const failing = {
      ...backend,
      async open(context: Parameters<typeof backend.open>[0]) {
        const store = await backend.open(context)
        return {
          ...store,
          async *list() {
            for (;;) {
              if (pages++ > 0) throw new Error('secret at /etc/secret')
              yield [{ key: 'a' }]
            }
          },
        }
      },
    }
    const broken = await startServer({ backends: { failing } })
    const [first, last, ...more] = await lines(post('list', { keysOnly: true }, broken))
    expect(first).toEqual({ entries: [{ key: 'a' }] })
    expect(last).toMatchObject({ problem: { code: 'BACKEND_ERROR' } })
    expect(more).toEqual([])
  })
})

describe('the store', () => {
  it('tells what it can do, and what may have been lost', async () => {
    const info = async (of: RunningServer): Promise<{ incarnation: string }> =>
      (await (await fetch(`${of.url}/v1/store`)).json()) as { incarnation: string }
    const first = await info(server)
    expect(first).toMatchObject({ backend: 'local', capabilities: { durable: true, ordered: true } })
    expect(await info(server)).toEqual(first)
    expect((await info(await startServer())).incarnation).not.toBe(first.incarnation)
  })

  it('cleans up and tells the keys, and flushes', async () => {
    const expired = { ...entryOf('v', 1), expiresAt: Date.now() - 1 }
    await result(post('set', { key: 'expired', entry: expired }))
    expect(await result(post('cleanup'))).toEqual({ removed: ['expired'] })
    expect(await result(post('cleanup'))).toEqual({ removed: [] })
    expect(await result(post('flush'))).toEqual({})
  })

  it.each([
    ['get', {}],
    ['get', { keys: [1] }],
    ['set', { key: 'a' }],
    ['set', { key: 'a', entry: { value: '', version: 'v', more: 1 } }],
    ['set', { key: 'a', entry: { value: 'x', version: 'v' } }],
    ['set', { key: 'a', entry: { value: '???=', version: 'v' } }],
    ['set', { key: 'a', entry: { value: '' } }],
    ['set', { key: 'a', entry: { value: '', version: 'v', expiresAt: 'soon' } }],
    ['delete', { key: 'a', ifVersion: null }],
    ['write', { operations: [{ op: 'drop', key: 'a' }] }],
    ['write', { operations: [{ op: 'increment', key: 'a', by: 1 }] }],
    ['list', { limit: 0 }],
  ])('%s refuses %j', async (path, body) => {
    await expectProblem(post(path, body), 400, 'BAD_REQUEST')
  })
})
