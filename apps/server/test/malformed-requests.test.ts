import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkProblem } from './support/expect-problem.ts'
import { malformedRequest } from './support/malformed-requests.ts'
import { exchange } from './support/raw-http.ts'
import { json, startServer, urlOf } from './support/start-server.ts'

const RUNS = 500
const MAX_GROWTH = 32 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const server = await startServer()

async function send(bytes: Buffer): Promise<void> {
  const problem = checkProblem(await exchange(server.port, bytes))
  expect(problem['status']).toBeGreaterThanOrEqual(400)
  expect(problem['status']).toBeLessThan(500)
}

it(`${RUNS} malformed requests are each answered with a problem, and leave the server as it was`, async () => {
  await fetch(urlOf(server, 'witness'), json('PUT', 'unharmed'))
  await fc.assert(fc.asyncProperty(malformedRequest, send), { numRuns: 50, endOnFailure: true })
  const before = heapUsed()
  await fc.assert(fc.asyncProperty(malformedRequest, send), { numRuns: RUNS, endOnFailure: true })
  expect(heapUsed() - before).toBeLessThan(MAX_GROWTH)
  expect(await (await fetch(`${server.url}/v1/state`)).json()).toEqual({ keys: ['witness'] })
  expect(await (await fetch(urlOf(server, 'witness'))).json()).toBe('unharmed')
  expect(({} as Record<string, unknown>)['a']).toBeUndefined()
}, 300_000)
