import { setTimeout as sleep } from 'node:timers/promises'
import { StateError, type StateErrorCode } from '@switchyard/core'
import { redis } from '@switchyard/redis'
import { isRedisWanted, startRedis } from '@switchyard/services'
import { describe, expect, it } from 'vitest'
import { afterFile } from './support/after-file.ts'
import { expectProblem } from './support/expect-problem.ts'
import { type Hooks, hookedBackend } from './support/hooked-backend.ts'
import { json, type RunningServer, startServer, urlOf } from './support/start-server.ts'

const keyed = (method: string, body: unknown, key: string): RequestInit =>
  json(method, body, { 'idempotency-key': key })

const storedAt = async (server: RunningServer, key: string): Promise<unknown> =>
  (await fetch(urlOf(server, key))).json()

/** Sends each of the requests many times at once. */
async function sendTogether(server: RunningServer, requests: number, copies: number): Promise<void> {
  for (let i = 0; i < requests; i++) {
    const answers = await Promise.all(
      Array.from({ length: copies }, async (_, copy) => {
        await sleep(copy % 3)
        return fetch(`${server.url}/v1/state/n/increment`, keyed('POST', { by: 1 }, `n-${i}`))
      }),
    )
    for (const answer of answers) {
      if (answer.status === 409) await expectProblem(answer, 409, 'IDEMPOTENCY_KEY_IN_USE')
      else expect([answer.status, await answer.json()]).toMatchObject([200, { value: i + 1 }])
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true)
  }
  expect(await storedAt(server, 'n')).toBe(requests)
}

describe('requests with one Idempotency-Key at the same time', () => {
  it('are carried out once, and never said to be cut off, where the backend writes before it answers', async () => {
    const hooks: Hooks = { beforeAnswer: () => sleep(5) }
    await sendTogether(await startServer({ backends: { late: hookedBackend(hooks) } }), 20, 12)
  })

  it.runIf(isRedisWanted())('are so with a Redis', async () => {
    const service = await startRedis()
    afterFile(() => service.stop())
    await sendTogether(await startServer({ backends: { shared: redis({ url: service.url }) } }), 60, 12)
  })

  it('can be sent again where the first could not begin', async () => {
    const hooks: Hooks = {}
    const server = await startServer({ backends: { hooked: hookedBackend(hooks) } })
    const put = (): Promise<Response> => fetch(urlOf(server, 'k'), keyed('PUT', 1, 'begin'))
    let writes = 0
    hooks.before = (key) => {
      if (key.includes('idempotency:') && writes++ === 1) throw new StateError('UNAVAILABLE', 'Not now')
    }
    await expectProblem(put(), 503, 'UNAVAILABLE')
    expect((await put()).status).toBe(200)
  })
})

describe('an answer that only a part was done', () => {
  it.each(['FULL', 'UNAVAILABLE', 'TIMEOUT'] as StateErrorCode[])('is kept (%s)', async (code) => {
    const hooks: Hooks = {}
    const server = await startServer({ backends: { hooked: hookedBackend(hooks) } })
    hooks.before = (key) => {
      if (key === 'two') throw new StateError(code, 'No luck')
    }
    const entries = ['one', 'two', 'three'].map((key) => ({ key, value: 'old' }))
    const send = (): Promise<Response> =>
      fetch(`${server.url}/v1/batch/set`, keyed('POST', { entries }, 'part'))
    const first = await send()
    expect(await first.clone().json()).toMatchObject({ code, notApplied: ['two', 'three'] })
    await fetch(urlOf(server, 'one'), json('PUT', 'new'))
    delete hooks.before
    const again = await send()
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect([again.status, await again.text()]).toEqual([first.status, await first.text()])
    expect(await storedAt(server, 'one')).toBe('new')
  })

  it('is that of a restore that fails in the middle', async () => {
    const hooks: Hooks = {}
    const server = await startServer({ backends: { hooked: hookedBackend(hooks) } })
    for (const key of ['one', 'two']) await fetch(urlOf(server, key), json('PUT', 'old'))
    expect((await fetch(`${server.url}/v1/backup`, json('POST', { name: 'b' }))).status).toBe(201)
    hooks.before = (key) => {
      if (key === 'two') throw new StateError('FULL', 'No luck')
    }
    const send = (): Promise<Response> =>
      fetch(`${server.url}/v1/restore`, keyed('POST', { name: 'b', mode: 'merge' }, 'restore'))
    const problem = await expectProblem(send(), 504, 'OUTCOME_UNKNOWN')
    expect(problem['detail']).toContain('No luck')
    await fetch(urlOf(server, 'one'), json('PUT', 'new'))
    delete hooks.before
    const again = await send()
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([504, 'true'])
    expect(await storedAt(server, 'one')).toBe('new')
  })
})
