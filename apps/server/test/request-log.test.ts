import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ChildServer, startChild } from './support/child-server.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer, temporaryFolder, urlOf } from './support/start-server.ts'

type Line = Readonly<Record<string, unknown>>

async function start(server: object): Promise<ChildServer> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'switchyard.json'), JSON.stringify({ server }))
  return startChild(folder)
}

/** Stops it and reads its whole log. */
async function logOf(child: ChildServer): Promise<readonly Line[]> {
  child.process.kill('SIGTERM')
  const { stdout } = await child.ended
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

const DEBUG = 20
const WARN = 40

describe('request ids', () => {
  it('are made for every answer, each once', async () => {
    const server = await startServer()
    const ids = new Set<string | null>()
    for (let i = 0; i < 50; i++) ids.add((await fetch(urlOf(server, 'a'))).headers.get('x-request-id'))
    expect(ids.size).toBe(50)
    for (const id of ids) expect(id).toMatch(/^[\w-]{12}-\w+$/)
  })

  it('of the client are taken over, if they are sane', async () => {
    const server = await startServer()
    const idFor = async (id: string): Promise<string | null> =>
      (await fetch(`${server.url}/healthz`, { headers: { 'x-request-id': id } })).headers.get('x-request-id')
    for (const id of ['7f0c', 'Root=1-67891233-abcdef', 'a'.repeat(128)]) expect(await idFor(id)).toBe(id)
    for (const id of ['', 'a b', 'a"b', '{"a":1}', 'a'.repeat(129), 'é']) expect(await idFor(id)).not.toBe(id)
  })

  it('are in every problem, and its header', async () => {
    const server = await startServer()
    const requests = [
      [urlOf(server, 'absent'), 404, 'NOT_FOUND'],
      [`${server.url}/nope`, 404, 'ROUTE_NOT_FOUND'],
      [`${server.url}/v1/state?limit=0`, 400, 'BAD_REQUEST'],
      [`${server.url}/v1/state/%zz`, 400, 'BAD_REQUEST'],
    ] as const
    for (const [url, status, code] of requests) {
      const answer = await fetch(url, { headers: { 'x-request-id': 'mine-1' } })
      expect(answer.headers.get('x-request-id')).toBe('mine-1')
      expect(await expectProblem(answer, status, code)).toMatchObject({ requestId: 'mine-1' })
    }
  })
})

describe('the log', () => {
  it('has a line of JSON for every request at the level debug', async () => {
    const child = await start({ logLevel: 'debug' })
    const url = await child.url()
    await fetch(`${url}/v1/state/a`, json('PUT', 1, { 'x-request-id': 'mine-1' }))
    await fetch(`${url}/v1/state/b`, { headers: { 'x-request-id': 'mine-2' } })
    const lines = (await logOf(child)).filter(({ msg }) => msg === 'A request')
    expect(lines).toEqual([
      expect.objectContaining({
        level: DEBUG,
        time: expect.any(Number),
        requestId: 'mine-1',
        method: 'PUT',
        route: '/v1/state/:key',
        url: '/v1/state/a',
        status: 200,
        durationMs: expect.any(Number),
        address: '127.0.0.1',
        principal: 'local',
      }),
      expect.objectContaining({ level: DEBUG, requestId: 'mine-2', method: 'GET', status: 404 }),
    ])
  })

  it('has a line for a slow request at the usual level, and for no other', async () => {
    const child = await start({ slowRequest: 2000 })
    const url = await child.url()
    await fetch(`${url}/v1/state/a`, json('PUT', 1))
    const put = request(`${url}/v1/state/a`, { method: 'PUT', headers: { 'x-request-id': 'slow-1' } })
    put.flushHeaders()
    await new Promise((resolve) => setTimeout(resolve, 2100))
    put.end('2')
    await once(put, 'response')
    const lines = (await logOf(child)).filter(({ requestId }) => requestId !== undefined)
    expect(lines).toEqual([
      expect.objectContaining({ level: WARN, msg: 'A slow request', requestId: 'slow-1', status: 200 }),
    ])
    expect(lines[0]?.['durationMs']).toBeGreaterThanOrEqual(2000)
  })
})
