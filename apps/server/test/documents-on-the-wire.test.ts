import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { memory } from '@switchyard/memory'
import { describe, expect, it } from 'vitest'
import { exchange, headerOf, openRaw } from './support/raw-http.ts'
import { etagOf, json, startServer, urlOf } from './support/start-server.ts'

const server = await startServer({ backends: { memory: memory() } })
const keys = Array.from({ length: 500 }, (_, i) => `list:${i}`)
await fetch(
  `${server.url}/v1/batch/set`,
  json('POST', { entries: keys.map((key) => ({ key, value: { key } })) }),
)

const list = (query: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}/v1/state${query}`, { headers })

describe('the ETag of a list', () => {
  it.each(['', '&values=true'])('answers 304 while nothing has changed (%s)', async (more) => {
    const query = `?prefix=list:&limit=10${more}`
    const first = await list(query)
    const etag = etagOf(first)
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/)
    for (const given of [etag, `"other", ${etag}`, etag.slice(2), '*']) {
      const again = await list(query, { 'if-none-match': given })
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    }
    expect((await list(query, { 'if-none-match': '"other"' })).status).toBe(200)
    expect((await list(query, { 'if-none-match': 'nonsense' })).status).toBe(400)
  })

  it('is another one for another page', async () => {
    const [keysOnly, values, page] = await Promise.all(
      ['?limit=10', '?limit=10&values=true', '?limit=11'].map(async (query) => etagOf(await list(query))),
    )
    expect(new Set([keysOnly, values, page]).size).toBe(3)
  })

  it('changes with the values where they are shown', async () => {
    const before = etagOf(await list('?prefix=list:1&values=true'))
    await fetch(urlOf(server, 'list:1'), json('PUT', 'changed'))
    const after = await list('?prefix=list:1&values=true', { 'if-none-match': before })
    expect(after.status).toBe(200)
    expect(etagOf(after)).not.toBe(before)
  })
})

describe('compression', () => {
  const ask = (path: string, encoding: string) =>
    exchangeBytes(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${encoding}\r\n\r\n`)

  async function exchangeBytes(bytes: string): Promise<{ head: string; body: Buffer }> {
    const response = await fetchRaw(bytes)
    const end = response.indexOf('\r\n\r\n')
    return { head: response.toString('latin1', 0, end), body: response.subarray(end + 4) }
  }

  async function fetchRaw(bytes: string): Promise<Buffer> {
    const socket = await openRaw(server.port, bytes.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    return Buffer.concat((await socket.toArray()) as Buffer[])
  }

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ])('with %s, of documents above a size', async (encoding, decompress) => {
    const { head, body } = await ask('/v1/state?prefix=list:&limit=500', encoding)
    expect(headerOf(head, 'content-encoding')).toBe(encoding)
    expect(headerOf(head, 'vary')).toBe('accept-encoding')
    expect(body.length).toBeLessThan(2500)
    const document = decompress(body).toString()
    expect(document).toBe(await (await list('?prefix=list:&limit=500')).text())
  })

  it('not where nobody asked, of what is small, or of values, which are sent as they are kept', async () => {
    const large = 'x'.repeat(10_000)
    await fetch(urlOf(server, 'large'), json('PUT', large))
    for (const [path, encoding] of [
      ['/v1/state?prefix=list:&limit=500', 'identity'],
      ['/v1/state?prefix=list:&limit=5', 'br, gzip'],
      ['/v1/state/large', 'br, gzip'],
    ] as const) {
      const { head } = await ask(path, encoding)
      expect(head).toMatch(/^HTTP\/1\.1 200/)
      expect(headerOf(head, 'content-encoding')).toBeUndefined()
    }
  })

  it('of a body is not undone: it is taken as it is', async () => {
    const body = Buffer.from([0x1f, 0x8b, 8, 0])
    const head = `POST /v1/batch/get HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`
    const answer = await exchange(server.port, Buffer.concat([Buffer.from(head), body]))
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      400,
      expect.objectContaining({ code: 'MALFORMED_JSON' }),
    ])
  })
})
