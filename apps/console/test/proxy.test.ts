import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isChromiumWanted } from '@switchyard/services'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Console, startConsole } from './support/console.ts'

const BELOW = '/ops/state'

/** Passes on what is below a path, without that path, as proxies do. */
async function startProxy(target: string): Promise<Server> {
  const proxy = createServer((incoming, outgoing) => {
    if (!incoming.url?.startsWith(`${BELOW}/`)) return void outgoing.writeHead(404).end()
    const { method = 'GET', headers } = incoming
    const passed = request(target + incoming.url.slice(BELOW.length), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return proxy
}

describe.runIf(isChromiumWanted())('behind a proxy', () => {
  let one: Console
  let proxy: Server

  beforeAll(async () => {
    one = await startConsole()
    proxy = await startProxy(one.url)
  }, 600_000)
  afterAll(async () => {
    proxy.closeAllConnections()
    proxy.close()
    await one.stop()
  })

  test('that has the server below a path, the console works', async () => {
    const { page } = await one.open()
    await page.goto(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}${BELOW}/`)
    await page.getByText('local serves').waitFor()
    await page.getByRole('link', { name: 'Events' }).click()
    await page.getByText('connected').waitFor()
    await page.getByRole('link', { name: 'Configuration' }).click()
    await page.getByLabel('Name of a feature').fill('proxied')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Configuration saved').waitFor()
  })
})
