import { redis } from '@switchyard/redis'
import { isRedisWanted, startRedis } from '@switchyard/services'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { readinessChecks } from '../src/observability/readiness.ts'
import { afterFile } from './support/after-file.ts'
import { expectProblem } from './support/expect-problem.ts'
import { type RunningServer, startServer } from './support/start-server.ts'

const validate = new Ajv2020().compile(readinessChecks)

async function readiness(server: RunningServer): Promise<Record<string, unknown>> {
  const answer = (await (await fetch(`${server.url}/readyz`)).json()) as Record<string, unknown>
  validate(answer['checks'])
  expect(validate.errors).toBeNull()
  return answer
}

const READY = {
  status: 'ok',
  ready: true,
  checks: [
    { name: 'server', ok: true },
    { name: 'backend', ok: true },
    { name: 'operations', ok: true },
  ],
}

it('a server that serves is ready', async () => {
  expect(await readiness(await startServer())).toEqual({ ...READY, backend: 'local' })
})

describe.runIf(isRedisWanted())('with a Redis', () => {
  it('that is stopped it is not ready and says so, until it is back', async () => {
    const service = await startRedis()
    afterFile(() => service.stop())
    const server = await startServer({ backends: { shared: redis({ url: service.url }) } })
    expect(await readiness(server)).toEqual({ ...READY, backend: 'shared' })
    await service.kill()
    const problem = await expectProblem(fetch(`${server.url}/readyz`), 503, 'NOT_READY')
    expect(problem).toMatchObject({
      ready: false,
      detail: expect.stringContaining("Backend 'shared' is not healthy"),
      checks: [
        { name: 'server', ok: true },
        { name: 'backend', ok: false, reason: expect.stringContaining("Backend 'shared' is not healthy") },
        { name: 'operations', ok: false, reason: expect.any(String) },
      ],
    })
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await service.restart()
    await expect.poll(() => readiness(server), { timeout: 20_000 }).toMatchObject({ ready: true })
  })
})
