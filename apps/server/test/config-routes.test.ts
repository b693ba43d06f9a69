import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { memory } from '@switchyard/memory'
import { afterEach, describe, expect, it } from 'vitest'
import { writeFiles } from './support/child-files.ts'
import { startChild } from './support/child-server.ts'
import { readEvents } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { etagOf, json, startServer, temporaryFolder, urlOf } from './support/start-server.ts'

const server = await startServer({ backends: { local: memory() } })
const url = `${server.url}/v1/config`

interface Config {
  readonly version: string
  readonly settings: Readonly<Record<string, unknown>>
}

async function read(): Promise<Config> {
  return (await (await fetch(url)).json()) as Config
}

function patch(change: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, json('PATCH', change, headers))
}

const defaults = {
  logLevel: 'silent',
  maintenance: { enabled: false, retryAfter: 30 },
  rateLimitMultiplier: 1,
  features: {},
  cleanupInterval: false,
  custom: {},
}

afterEach(async () => {
  const names = Object.keys(defaults)
  expect((await patch(Object.fromEntries(names.map((name) => [name, null])))).status).toBe(200)
})

describe('GET /v1/config', () => {
  it('has everything that is in effect, and a version', async () => {
    const response = await fetch(url)
    const { version, settings } = (await response.json()) as Config
    expect(settings).toEqual(defaults)
    expect(etagOf(response)).toBe(`"${version}"`)
  })

  it('is 304 for who has that version, and 412 for who insists on another', async () => {
    const etag = etagOf(await fetch(url))
    const fresh = await fetch(url, { headers: { 'if-none-match': etag } })
    expect([fresh.status, etagOf(fresh), await fresh.text()]).toEqual([304, etag, ''])
    expect((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    await expectProblem(fetch(url, { headers: { 'if-match': '"other"' } }), 412, 'CONFLICT')
  })
})

describe('PATCH /v1/config', () => {
  it.each(['application/json', 'application/merge-patch+json'])('merges (%s)', async (type) => {
    const response = await patch({ features: { beta: true }, custom: { a: [1] } }, { 'content-type': type })
    expect(response.status).toBe(200)
    const config = (await response.json()) as Config
    expect(config.settings).toEqual({ ...defaults, features: { beta: true }, custom: { a: [1] } })
    expect(etagOf(response)).toBe(`"${config.version}"`)
    expect(await read()).toEqual(config)
  })

  it('heeds If-Match and If-None-Match', async () => {
    const first = etagOf(await fetch(url))
    const second = etagOf(await patch({ features: { a: true } }, { 'if-match': first }))
    expect(second).not.toBe(first)
    await expectProblem(patch({ features: { a: false } }, { 'if-match': first }), 412, 'CONFLICT')
    await expectProblem(patch({ features: { a: false } }, { 'if-none-match': second }), 412, 'CONFLICT')
    await expectProblem(patch({ features: { a: false } }, { 'if-match': 'unquoted' }), 400, 'BAD_REQUEST')
    expect((await read()).settings['features']).toEqual({ a: true })
    expect((await patch({ features: { a: false } }, { 'if-match': `"x", ${second}` })).status).toBe(200)
  })

  it('lets one of many win who have read the same', async () => {
    const etag = etagOf(await fetch(url))
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, by) => patch({ custom: { by } }, { 'if-match': etag })),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 412)).toHaveLength(19)
    expect((await read()).settings['custom']).toEqual({ by: statuses.indexOf(200) })
  })

  it('is refused with every path that is wrong, and changes nothing', async () => {
    const before = await read()
    const { detail } = await expectProblem(
      patch({ logLevel: 'x', features: { a: 1 }, b: 1 }),
      400,
      'INVALID_OPTIONS',
    )
    expect(detail).toMatch(/logLevel: expected .*, got "x"/)
    expect(detail).toContain('features.a: expected true or false, got 1')
    expect(detail).toContain('b: not a field; allowed: logLevel, ')
    await expectProblem(patch([]), 400, 'BAD_REQUEST')
    await expectProblem(fetch(url, { ...json('PATCH', {}), body: '{' }), 400, 'MALFORMED_JSON')
    const plain = { ...json('PATCH', {}), headers: { 'content-type': 'text/plain' } }
    await expectProblem(fetch(url, plain), 415, 'UNSUPPORTED_MEDIA_TYPE')
    await expectProblem(patch({}, { 'sec-fetch-site': 'cross-site' }), 403, 'CROSS_ORIGIN')
    expect(await read()).toEqual(before)
  })

  it('takes effect at once: the level of the log', async () => {
    await patch({ logLevel: 'error' })
    expect(server.app.log.level).toBe('error')
    await patch({ logLevel: null })
    expect(server.app.log.level).toBe('silent')
  })

  it('takes effect at once: the interval of the cleanup', async () => {
    const expired = new Promise<void>((resolve) => {
      const stop = server.state.on('change', ({ type, key }) => {
        if (type !== 'expire' || key !== 'short') return
        stop()
        resolve()
      })
    })
    await fetch(urlOf(server, 'short', '?ttl=1'), json('PUT', 1))
    await patch({ cleanupInterval: 10 })
    await expired
  })

  it('is told as an event', async () => {
    const events = await readEvents(`${server.url}/v1/events`)
    const { version } = (await (await patch({ features: { told: true } })).json()) as Config
    let event = await events.next()
    while (event !== undefined && event.event !== 'config') event = await events.next()
    expect(event?.data).toEqual({ version })
    events.close()
  })
})

describe('maintenance', () => {
  const writes: [string, string, RequestInit][] = [
    ['PUT', '/v1/state/kept', json('PUT', 2)],
    ['PATCH', '/v1/state/kept', json('PATCH', 2)],
    ['DELETE', '/v1/state/kept', { method: 'DELETE' }],
    ['increment', '/v1/state/n/increment', { method: 'POST' }],
    ['batch/set', '/v1/batch/set', json('POST', { entries: [{ key: 'kept', value: 2 }] })],
    ['batch/delete', '/v1/batch/delete', json('POST', { keys: ['kept'] })],
    ['transactions', '/v1/transactions', json('POST', { operations: [{ op: 'delete', key: 'kept' }] })],
    ['store/set', '/v1/store/set', json('POST', { key: 'kept', entry: { value: 'MQ==', version: 'v' } })],
    ['store/delete', '/v1/store/delete', json('POST', { key: 'kept' })],
    ['store/write', '/v1/store/write', json('POST', { operations: [{ op: 'delete', key: 'kept' }] })],
  ]

  it('refuses every write, with the time after which to try again', async () => {
    await fetch(urlOf(server, 'kept'), json('PUT', 1))
    await patch({ maintenance: { enabled: true, retryAfter: 120 } })
    for (const [, path, init] of writes) {
      const response = await fetch(server.url + path, init)
      expect([path, response.headers.get('retry-after')]).toEqual([path, '120'])
      await expectProblem(response, 503, 'MAINTENANCE')
    }
    await patch({ maintenance: null })
    expect(await (await fetch(urlOf(server, 'kept'))).json()).toBe(1)
  })

  it('leaves reads and administration alone', async () => {
    await fetch(urlOf(server, 'kept'), json('PUT', 1))
    await patch({ maintenance: { enabled: true } })
    const others: [string, RequestInit][] = [
      ['/v1/state/kept', {}],
      ['/v1/state', {}],
      ['/v1/batch/get', json('POST', { keys: ['kept'] })],
      ['/v1/store/get', json('POST', { keys: ['kept'] })],
      ['/v1/backends', {}],
      ['/v1/stats', {}],
      ['/v1/cleanup', { method: 'POST' }],
      ['/readyz', {}],
    ]
    for (const [path, init] of others) {
      expect([path, (await fetch(server.url + path, init)).status]).toEqual([path, 200])
    }
    await expectProblem(fetch(`${server.url}/v1/nothing`, { method: 'PUT' }), 404, 'ROUTE_NOT_FOUND')
  })

  it('refuses before the body has been looked at', async () => {
    await patch({ maintenance: { enabled: true } })
    await expectProblem(fetch(urlOf(server, 'kept'), { ...json('PUT', 1), body: '{' }), 503, 'MAINTENANCE')
  })

  it('is not what a repeated write is answered with once it is over', async () => {
    const write = json('PUT', 'late', { 'idempotency-key': 'the-same' })
    await patch({ maintenance: { enabled: true } })
    await expectProblem(fetch(urlOf(server, 'late'), write), 503, 'MAINTENANCE')
    await patch({ maintenance: null })
    expect((await fetch(urlOf(server, 'late'), write)).status).toBe(200)
    expect(await (await fetch(urlOf(server, 'late'))).json()).toBe('late')
  })
})

describe('a server that is killed and started again', () => {
  it('has the settings that were acknowledged, on top of its configuration file', async () => {
    const folder = await temporaryFolder()
    await writeFiles(folder, {
      'switchyard.yaml': 'server: { logLevel: warn }\nstate: { cleanupInterval: 1h }',
    })
    // At `warn` it does not tell where it listens, so the first word comes from the environment of this test.
    const env = { SWITCHYARD_DATA_DIR: 'data' }
    await writeFiles(folder, {
      'data/config.json': JSON.stringify({ format: 1, revision: 1, patch: { logLevel: 'info' } }),
    })
    const first = startChild(folder, env)
    const at = `${await first.url()}/v1/config`
    const change = { maintenance: { enabled: true }, features: { beta: true } }
    const config = await (await fetch(at, json('PATCH', change))).json()
    first.process.kill('SIGKILL')
    await first.ended
    const second = startChild(folder, env)
    const again = (await (await fetch(`${await second.url()}/v1/config`)).json()) as Config
    expect(again).toEqual(config)
    expect(again.settings).toMatchObject({ ...change, logLevel: 'info', cleanupInterval: '1h' })
    expect(JSON.parse(await readFile(join(folder, 'data/config.json'), 'utf8'))).toEqual({
      format: 1,
      revision: 2,
      patch: { logLevel: 'info', ...change },
    })
    second.process.kill('SIGKILL')
    await second.ended
  })

  it('ends with a clear line if they are damaged', async () => {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'data/config.json': '{ "format": 1, "revision": 1, "patch": { "port": 1 } }' })
    const { code, stdout, stderr } = await startChild(folder).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^switchyard: '.*\/data\/config\.json' does not hold runtime settings: port: not a field; .*\n$/,
    )
  })
})
