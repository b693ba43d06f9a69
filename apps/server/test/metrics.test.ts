import { join } from 'node:path'
import { file } from '@switchyard/file'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, it } from 'vitest'
import { failingBackend } from './support/failing-backend.ts'
import { parseMetrics, type Scraped } from './support/metrics.ts'
import { json, type RunningServer, startServer, temporaryFolder, urlOf } from './support/start-server.ts'
import { beginSwitch, endOfSwitch } from './support/switch-over.ts'

async function scrape(server: RunningServer): Promise<Scraped> {
  const response = await fetch(`${server.url}/metrics`)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parseMetrics(await response.text())
}

/** Reads the body, so that the answer has ended when it resolves. */
async function call(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init)
  await response.arrayBuffer()
  return response.status
}

const OPERATIONS = 'switchyard_operation_duration_seconds'
const REQUESTS = 'switchyard_http_request_duration_seconds'

describe('operations', () => {
  it('are counted and timed by backend, and failures by their code', async () => {
    const server = await startServer({ backends: { main: failingBackend() } })
    const before = await scrape(server)
    for (let i = 0; i < 5; i++) await call(urlOf(server, `k${i}`), json('PUT', i))
    for (let i = 0; i < 7; i++) await call(urlOf(server, `k${i}`))
    await call(urlOf(server, 'fail:FULL'))
    await call(urlOf(server, 'fail:FULL'))
    await call(urlOf(server, 'crash'))
    const after = await scrape(server)
    const grown = (name: string, labels: Record<string, string>): number =>
      after.sum(name, labels) - before.sum(name, labels)
    expect(grown(`${OPERATIONS}_count`, { backend: 'main', operation: 'set', phase: 'none' })).toBe(5)
    expect(grown(`${OPERATIONS}_count`, { backend: 'main', operation: 'get', phase: 'none' })).toBe(10)
    expect(grown(`${OPERATIONS}_sum`, { operation: 'get' })).toBeGreaterThan(0)
    const errors = 'switchyard_operation_errors_total'
    expect(grown(errors, { backend: 'main', operation: 'get', code: 'FULL' })).toBe(2)
    expect(grown(errors, { backend: 'main', operation: 'get' })).toBe(3)
  })

  it('have histograms that add up', async () => {
    const server = await startServer()
    for (let i = 0; i < 20; i++) await call(urlOf(server, `k${i}`), json('PUT', i))
    const { samples, types, sum } = await scrape(server)
    const histograms = [...types].filter(
      ([name, type]) => type === 'histogram' && name.startsWith('switchyard_'),
    )
    expect(histograms.map(([name]) => name)).toEqual([OPERATIONS, REQUESTS])
    const buckets = samples.filter(
      ({ name, labels }) => name === `${OPERATIONS}_bucket` && labels['operation'] === 'set',
    )
    const counts = buckets.map(({ value }) => value)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(buckets.at(-1)?.labels['le']).toBe('+Inf')
    expect(counts.at(-1)).toBe(20)
    expect(sum(`${OPERATIONS}_count`, { operation: 'set' })).toBe(20)
  })
})

describe('requests', () => {
  it('have the pattern of their route, never a key', async () => {
    const server = await startServer()
    await call(urlOf(server, 'secret/1'), json('PUT', 1))
    await call(urlOf(server, 'secret/1'))
    await call(urlOf(server, 'secret/2'))
    await call(`${server.url}/no/secret`)
    await call(`${server.url}/v1/state?limit=0`)
    const scraped = await scrape(server)
    const count = (labels: Record<string, string>): number => scraped.sum(`${REQUESTS}_count`, labels)
    expect(count({ method: 'GET', route: '/v1/state/:key', status: '200' })).toBe(1)
    expect(count({ method: 'GET', route: '/v1/state/:key', status: '404' })).toBe(1)
    expect(count({ method: 'PUT', route: '/v1/state/:key', status: '200' })).toBe(1)
    expect(count({ route: 'unknown', status: '404' })).toBe(1)
    expect(count({ route: '/v1/state', status: '400' })).toBe(1)
    expect(scraped.sum('switchyard_http_requests_in_flight')).toBe(1)
    expect(JSON.stringify(scraped.samples)).not.toContain('secret')
  })

  it('are told apart from event streams, and counted when the client does not wait', async () => {
    const server = await startServer()
    const abort = new AbortController()
    const stream = await fetch(`${server.url}/v1/events`, { signal: abort.signal })
    expect(stream.headers.get('x-request-id')).toMatch(/./)
    expect((await scrape(server)).sum('switchyard_event_streams')).toBe(1)
    expect((await scrape(server)).sum('switchyard_connections')).toBeGreaterThanOrEqual(2)
    abort.abort()
    await expect.poll(async () => (await scrape(server)).sum('switchyard_event_streams')).toBe(0)
    expect((await scrape(server)).valuesOf(`${REQUESTS}_count`, 'route')).toEqual(['/metrics'])
    expect((await scrape(server)).sum('switchyard_http_requests_in_flight')).toBe(1)
  })
})

it('WebSockets are event streams', async () => {
  const server = await startServer()
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/events/ws`)
  const streams = async (): Promise<number> => (await scrape(server)).sum('switchyard_event_streams')
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  expect(await streams()).toBe(1)
  socket.close()
  await expect.poll(streams).toBe(0)
})

describe('a switch', () => {
  it('is seen in its phases, with the operations of each', async () => {
    const folder = await temporaryFolder()
    const server = await startServer({
      backends: {
        local: sqlite({ path: join(folder, 'state.db') }),
        files: file({ path: join(folder, 'files') }),
      },
    })
    for (let i = 0; i < 150; i++) await call(urlOf(server, `k${i}`), json('PUT', i))
    const before = await scrape(server)
    expect(before.sum('switchyard_backend_active', { backend: 'local', plugin: 'sqlite' })).toBe(1)
    expect(before.sum('switchyard_switch_phase')).toBe(0)
    const id = await beginSwitch(server, { to: 'files', maxRate: 200 })
    const copying = async (): Promise<number> =>
      (await scrape(server)).sum('switchyard_switch_phase', { phase: 'copying' })
    await expect.poll(copying).toBe(1)
    expect(await call(urlOf(server, 'k1'))).toBe(200)
    expect(await endOfSwitch(server, id)).toBe('done')
    expect(await call(urlOf(server, 'k2'))).toBe(200)
    const after = await scrape(server)
    const gets = (backend: string, phase: string): number =>
      after.sum(`${OPERATIONS}_count`, { operation: 'get', backend, phase })
    expect([gets('local', 'copying'), gets('files', 'none'), gets('local', 'none')]).toEqual([1, 1, 0])
    expect(after.sum('switchyard_switches_total', { outcome: 'done' })).toBe(1)
    expect(after.sum('switchyard_switch_phase_seconds_total', { phase: 'copying' })).toBeGreaterThan(0)
    expect(after.sum('switchyard_switch_copied_entries')).toBe(150)
    expect(after.sum('switchyard_switch_total_entries')).toBe(150)
    expect(after.sum('switchyard_switch_verified_entries')).toBeGreaterThanOrEqual(150)
    expect(after.sum('switchyard_switch_pause_seconds')).toBeGreaterThan(0)
    expect(after.sum('switchyard_switch_phase')).toBe(0)
    expect(after.sum('switchyard_backend_active', { backend: 'files' })).toBe(1)
    expect(after.sum('switchyard_backend_active', { backend: 'local' })).toBe(0)
  })

  it('that is given up is counted as such', async () => {
    const folder = await temporaryFolder()
    const server = await startServer({
      backends: {
        local: sqlite({ path: join(folder, 'state.db') }),
        files: file({ path: join(folder, 'files') }),
      },
    })
    for (let i = 0; i < 20; i++) await call(urlOf(server, `k${i}`), json('PUT', i))
    const id = await beginSwitch(server, { to: 'files', maxRate: 1 })
    await call(`${server.url}/v1/switch/${id}/abort`, { method: 'POST' })
    const scraped = await scrape(server)
    expect(scraped.sum('switchyard_switches_total', { outcome: 'aborted' })).toBe(1)
    expect(scraped.sum('switchyard_switch_phase')).toBe(0)
  })
})

it('the process and the build are told as well', async () => {
  const scraped = await scrape(await startServer())
  expect(scraped.sum('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
  expect(scraped.types.get('nodejs_eventloop_lag_p99_seconds')).toBe('gauge')
  expect(scraped.sum('switchyard_build_info', { node: process.version, commit: 'unknown' })).toBe(1)
})
