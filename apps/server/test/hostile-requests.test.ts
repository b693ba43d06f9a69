import fc from 'fast-check'
import type { RouteOptions } from 'fastify'
import { expect, it } from 'vitest'
import { checkProblem } from './support/expect-problem.ts'
import { type HostileRequest, hostileRequest, type Schema, type Target } from './support/hostile-requests.ts'
import { exchange } from './support/raw-http.ts'
import { registeredRoutes } from './support/registered-routes.ts'
import { type RunningServer, startServer } from './support/start-server.ts'

const RUNS = 1500

let server!: RunningServer
const routes = await registeredRoutes(async () => {
  server = await startServer()
})

function targetsOf({ method, url, schema = {} }: RouteOptions): readonly Target[] {
  const { querystring = {}, body = {} } = schema as { readonly querystring?: Schema; readonly body?: Schema }
  return [method].flat().map((name) => ({ method: name, url, querystring, body }))
}

async function send({ method, bytes }: HostileRequest): Promise<number> {
  const isHead = method === 'HEAD'
  const answer = await exchange(server.port, bytes, isHead)
  expect(answer.status).toBeLessThan(500)
  if (answer.status >= 400 && !isHead) checkProblem(answer)
  return answer.status
}

it('a change of settings without a body is refused', async () => {
  for (const headers of [{}, { 'content-type': 'application/json' }]) {
    const response = await fetch(`${server.url}/v1/config`, { method: 'PATCH', headers })
    expect(response.status).toBe(400)
  }
})

it(`of ${RUNS} hostile requests to all routes none makes the server fail`, async () => {
  const targets = routes.flatMap(targetsOf)
  const reached = new Set<string>()
  let refused = 0
  const property = fc.asyncProperty(hostileRequest(targets), async (request) => {
    const status = await send(request)
    if (status >= 400) refused++
    reached.add(`${request.method} ${request.url}`)
  })
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
  expect(refused).toBeGreaterThan(300)
  expect([...reached].toSorted()).toEqual(
    [...new Set(targets.map(({ method, url }) => `${method} ${url}`))].toSorted(),
  )
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
}, 300_000)
