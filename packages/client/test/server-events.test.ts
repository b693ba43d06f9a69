import { startProxy } from '@switchyard/services'
import { afterEach, expect, it } from 'vitest'
import { type Client, createClient, type RemoteWatch, type ServerEvent } from '../src/index.ts'
import { brokenWatchBackend } from './broken-watch-backend.ts'
import { makeToken } from './make-token.ts'
import { rejection } from './rejects.ts'
import { type RunningServer, type StartOptions, startServer } from './start-server.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function started(options?: StartOptions): Promise<RunningServer & { readonly client: Client }> {
  const server = await startServer(options)
  ends.push(() => server.close())
  return { ...server, client: createClient({ url: server.url }) }
}

async function nextOf(watch: RemoteWatch<ServerEvent>): Promise<ServerEvent> {
  const { value } = await watch.next()
  return value ?? expect.fail('The watch has ended')
}

it('a watch of the server tells of settings and switches, and of no key', async () => {
  const { client } = await started()
  const watch = client.watchServer()
  await watch.opened
  await client.set('key', 1)
  const { version } = await client.patchConfig({ features: { beta: true } })
  expect(await nextOf(watch)).toEqual({ type: 'config', version, id: expect.any(String) })

  const { id } = await client.switchTo('cache', { allowVolatile: true })
  const phases = new Set<string>()
  for await (const event of watch) {
    if (event.type !== 'switch') expect.fail(`Nobody has changed ${event.type}`)
    expect(event.status).toMatchObject({ id, from: 'local', to: 'cache' })
    phases.add(event.status.phase)
    if (event.status.phase === 'done') break
  }
  expect([...phases]).toContain('copying')
})

it('a switch that is given up says why', async () => {
  const { client } = await started()
  await client.setMany(Array.from({ length: 500 }, (_, i) => ({ key: `key:${i}`, value: i })))
  const watch = client.watchServer()
  await watch.opened
  const { id } = await client.switchTo('cache', { allowVolatile: true, maxRate: 50 })
  await client.abortSwitch(id)
  for await (const event of watch) {
    if (event.type !== 'switch' || event.status.phase !== 'aborted') continue
    expect(event.status.error).toMatchObject({ code: 'ABORTED' })
    break
  }
})

it('a watch of the server misses nothing when its connection is lost', async () => {
  const { client, port } = await started()
  const proxy = await startProxy({ port })
  ends.push(() => proxy.close())
  const watch = createClient({ url: `http://127.0.0.1:${proxy.port}` }).watchServer()
  await watch.opened
  proxy.reset()
  const { version } = await client.patchConfig({ features: { beta: true } })
  expect(await nextOf(watch)).toMatchObject({ type: 'config', version })
  await watch.return()
})

it('a watch of the server goes on when changes of keys may have been missed', async () => {
  const loss = Promise.withResolvers<never>()
  loss.promise.catch(() => undefined)
  const { client } = await started({ backends: { shared: brokenWatchBackend(loss.promise) } })
  const changes = client.watch()
  const watch = client.watchServer()
  await Promise.all([changes.opened, watch.opened])
  loss.reject(new Error('The connection was lost'))
  await rejection(changes.next(), 'LAGGED')
  const { version } = await client.patchConfig({ features: { beta: true } })
  expect(await nextOf(watch)).toMatchObject({ type: 'config', version })
  await watch.return()
})

it('whoever may not see what happens to the server is told so', async () => {
  const admin = makeToken({ name: 'admin', scopes: ['admin', 'watch'] })
  const app = makeToken({ name: 'app', scopes: ['watch'] })
  const some = makeToken({ name: 'some', scopes: ['admin', 'watch'], prefixes: ['app:'] })
  const { url } = await started({ tokens: [admin.settings, app.settings, some.settings] })
  const watch = createClient({ url, token: admin.token }).watchServer()
  await watch.opened
  await watch.return()
  for (const { token } of [app, some]) {
    const refused = createClient({ url, token }).watchServer()
    await expect(refused.opened).rejects.toMatchObject({ code: 'FORBIDDEN', operation: 'watchServer' })
    await expect(refused.next()).rejects.toMatchObject({ code: 'FORBIDDEN' })
  }
})
