import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { createClient, isStateError } from '../src/index.ts'
import { type RunningServer, startServer } from './start-server.ts'

interface Bundle {
  readonly createClient: typeof createClient
  readonly isStateError: typeof isStateError
}

let server: RunningServer
let code: string

/** What is in every browser, and nothing else: no `process`, no `Buffer`, no `setImmediate`. */
const WEB = {
  fetch,
  Headers,
  URL,
  AbortController,
  TextDecoder,
  Uint8Array,
  performance,
  setTimeout,
  clearTimeout,
  btoa,
  atob,
}

beforeAll(async () => {
  server = await startServer()
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@switchyard/source', 'browser'] },
    build: {
      write: false,
      minify: false,
      lib: {
        entry: fileURLToPath(new URL('./in-browsers.ts', import.meta.url)),
        formats: ['iife'],
        name: 'bundle',
      },
    },
  })) as Rolldown.RolldownOutput[]
  code = result[0]?.output[0].code as string
}, 300_000)

afterAll(() => server.close())

it('a bundle for browsers has nothing of Node, and of the backend only what the client has as well', () => {
  expect(code).not.toMatch(/node:|__vite-browser-external|require\(|\bBuffer\b|\bprocess\b/)
  expect(code).not.toMatch(/strictObject|\/v1\/store/)
})

it('it runs where there is nothing but what browsers have', async () => {
  const context = createContext({ ...WEB })
  runInContext(`${code}; globalThis.bundle = bundle`, context)
  const { bundle } = context as unknown as { readonly bundle: Bundle }
  const client = bundle.createClient({ url: server.url })
  const watch = client.watch()
  await watch.opened
  await client.set('key', JSON.parse('1'))
  expect((await watch.next()).value).toMatchObject({ key: 'key' })
  await watch.return()
  await client.setMany([{ key: 'bytes', value: new Uint8Array([1, 2]) }])
  expect(await client.getMany(['key', 'bytes'])).toEqual([1, new Uint8Array([1, 2])])
  const error: unknown = await client.set('key', 2, { ifAbsent: true }).catch((reason: unknown) => reason)
  expect(bundle.isStateError(error, 'CONFLICT')).toBe(true)
})
