import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { type FastifyInstance, fastify } from 'fastify'
import { beforeEach, describe, expect, it } from 'vitest'
import { readConsole } from '../src/console/console-files.ts'
import { consoleRoutes } from '../src/console/console-routes.ts'
import { startServer, temporaryFolder } from './support/start-server.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

describe('a console that is built', () => {
  let app: FastifyInstance

  beforeEach(async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'console'))
    await writeFile(join(folder, 'index.html'), '<!doctype html>')
    await writeFile(join(folder, 'console/index-1a2b.js'), 'start()')
    await writeFile(join(folder, 'console/icon.svg'), '<svg/>')
    app = fastify()
    const sendPage = consoleRoutes(app, readConsole([`${pathToFileURL(folder).href}/`]))
    app.get('/', { config: { access: { open: true } } }, async (request, reply) =>
      (await sendPage(request, reply)) ? reply : reply.send({ name: 'Switchyard' }),
    )
  })

  it('is what browsers get, and nobody else', async () => {
    const page = await app.inject({ url: '/', headers: HTML })
    expect([page.statusCode, page.body]).toEqual([200, '<!doctype html>'])
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      vary: 'accept, accept-encoding',
    })
    expect((await app.inject({ url: '/', headers: { accept: '*/*' } })).json()).toEqual({
      name: 'Switchyard',
    })
    expect((await app.inject('/')).json()).toEqual({ name: 'Switchyard' })
  })

  it('runs nothing that is not its own', async () => {
    const { headers } = await app.inject({ url: '/', headers: HTML })
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    )
    expect(headers['content-security-policy']).not.toContain('unsafe')
  })

  it('has files that browsers keep, and compresses them', async () => {
    const plain = await app.inject('/console/index-1a2b.js')
    expect([plain.statusCode, plain.body]).toEqual([200, 'start()'])
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
    })
    const gzipped = await app.inject({
      url: '/console/index-1a2b.js',
      headers: { 'accept-encoding': 'gzip, br' },
    })
    expect(gzipped.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzipped.rawPayload).toString()).toBe('start()')
    expect((await app.inject('/console/icon.svg')).headers['cache-control']).toBe('no-cache')
  })

  it('leads to no other file', async () => {
    for (const url of [
      '/console/',
      '/console/index.html',
      '/console/../index.html',
      '/console/%2e%2e/index.html',
    ]) {
      expect((await app.inject(url)).statusCode).toBe(404)
    }
  })
})

it('a file of an unknown type is found at the start', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'index.html'), '')
  await writeFile(join(folder, 'notes.txt'), '')
  expect(() => readConsole([`${pathToFileURL(folder).href}/`])).toThrow('unknown type: notes.txt')
})

it('a server whose console is not built says what it is', async () => {
  const app = fastify()
  const sendPage = consoleRoutes(app, readConsole([`${pathToFileURL(await temporaryFolder()).href}/`]))
  app.get('/', { config: { access: { open: true } } }, async (request, reply) =>
    (await sendPage(request, reply)) ? reply : reply.send({ name: 'Switchyard' }),
  )
  expect((await app.inject({ url: '/', headers: HTML })).json()).toEqual({ name: 'Switchyard' })
})

it('the server answers programs at / as before', async () => {
  const { url } = await startServer()
  const response = await fetch(url)
  expect(response.headers.get('vary')).toContain('accept')
  expect(await response.json()).toMatchObject({ name: 'Switchyard', openapi: '/openapi.json' })
})
