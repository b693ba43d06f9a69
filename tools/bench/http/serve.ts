import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createNodeServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, loadConfig } from '@switchyard/server'
import { fastify } from 'fastify'
import { keyAt, valueAt } from '../data.ts'

/** Serves one value, as each of the subjects does it, and tells the port. */
const [, , kind] = process.argv
const body = Buffer.from(JSON.stringify(valueAt(0)))
const JSON_TYPE = { 'content-type': 'application/json' }

async function startSwitchyard(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const settings = {
    server: { logLevel: 'silent', heartbeatInterval: '1m', eventHistory: 100_000 },
    state: { backends: { memory: { plugin: '@switchyard/memory' } } },
  }
  writeFileSync(join(folder, 'switchyard.json'), JSON.stringify(settings))
  const { listen } = await createServer(await loadConfig({ cwd: folder, env: { PORT: '0' } }))
  const url = await listen()
  await fetch(`${url}/v1/state/${keyAt(0)}`, { method: 'PUT', headers: JSON_TYPE, body })
  return Number(new URL(url).port)
}

async function startFastify(): Promise<number> {
  const app = fastify()
  app.get('/v1/state/:key', async (_request, reply) => reply.headers(JSON_TYPE).send(body))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

async function startNode(): Promise<number> {
  const server = createNodeServer((_request, response) => response.writeHead(200, JSON_TYPE).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const starts = { switchyard: startSwitchyard, fastify: startFastify, node: startNode }
const port = await starts[kind as keyof typeof starts]()
process.once('SIGTERM', () => process.exit())
process.once('disconnect', () => process.exit())
process.send?.(port)
