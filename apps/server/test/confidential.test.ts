import { StateError } from '@switchyard/core'
import { describe, expect, it } from 'vitest'
import { PROBLEM_TYPES } from '../src/problems/problem-types.ts'
import { readEvents } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { type Hooks, hookedBackend } from './support/hooked-backend.ts'
import { json, startServer, urlOf } from './support/start-server.ts'
import { makeToken } from './support/tokens.ts'

const ADDRESS = 'connect ECONNREFUSED 10.1.2.3:6379'

const lost = Promise.withResolvers<never>()
lost.promise.catch(() => undefined)
const hooks: Hooks = { watched: lost.promise }
const user = makeToken({ scopes: ['read', 'write', 'list', 'watch'] })
const some = makeToken({ scopes: ['read', 'admin'], prefixes: ['k'] })
const operator = makeToken({ scopes: ['read', 'write', 'admin'] })
const tokens = [user, some, operator].map(({ settings }) => settings)
const server = await startServer({ backends: { hooked: hookedBackend(hooks) }, access: { tokens } })
const open = await startServer({ backends: { hooked: hookedBackend(hooks) } })

const failWith = (error: Error): void => {
  hooks.before = () => {
    throw error
  }
}

describe('what a backend says of itself', () => {
  const codes = ['UNAVAILABLE', 'BACKEND_ERROR', 'LOCKED', 'FULL', 'READ_ONLY', 'TIMEOUT'] as const

  it.each(codes)('is for administrators (%s)', async (code) => {
    const { status, title } = PROBLEM_TYPES[code]
    failWith(new StateError(code, ADDRESS))
    for (const { headers } of [user, some]) {
      const problem = await expectProblem(fetch(urlOf(server, 'k'), { headers }), status, code)
      expect(problem['detail']).toBe(`${title}; the log of the server says why`)
      expect(JSON.stringify(problem)).not.toContain('10.1.2.3')
    }
    const told = await expectProblem(fetch(urlOf(server, 'k'), { headers: operator.headers }), status, code)
    expect(told['detail']).toContain(ADDRESS)
    // Without tokens everybody is the operator.
    expect((await expectProblem(fetch(urlOf(open, 'k')), status, code))['detail']).toContain(ADDRESS)
    delete hooks.before
  })

  it('keeps what programs need', async () => {
    hooks.before = (key) => {
      if (key === 'b') throw new StateError('UNAVAILABLE', ADDRESS)
    }
    const entries = ['a', 'b'].map((key) => ({ key, value: 1 }))
    const sent = fetch(`${server.url}/v1/batch/set`, json('POST', { entries }, user.headers))
    const problem = await expectProblem(sent, 503, 'UNAVAILABLE')
    expect(problem).toMatchObject({ notApplied: ['b'] })
    expect(JSON.stringify(problem)).not.toContain('10.1.2.3')
    delete hooks.before
  })

  it('is not in /readyz, which is open, and is in the present state', async () => {
    hooks.sickness = ADDRESS
    failWith(new StateError('UNAVAILABLE', ADDRESS))
    const problem = await expectProblem(fetch(`${server.url}/readyz`), 503, 'NOT_READY')
    expect(problem).toMatchObject({
      detail: 'The active backend is not healthy',
      checks: [{ ok: true }, { ok: false, reason: expect.any(String) }, { ok: false }],
    })
    expect(JSON.stringify(problem)).not.toContain('10.1.2.3')
    const state = await fetch(`${server.url}/v1/debug/state/backends`, { headers: operator.headers })
    expect(await state.text()).toContain(ADDRESS)
    expect((await expectProblem(fetch(`${open.url}/readyz`), 503, 'NOT_READY'))['detail']).toContain(ADDRESS)
    delete hooks.before
    delete hooks.sickness
  })

  it('is not in the event that says that changes may have been missed', async () => {
    await using reader = await readEvents(`${server.url}/v1/events`, undefined, user.headers)
    lost.reject(new StateError('UNAVAILABLE', ADDRESS))
    const event = await reader.next()
    expect(event).toMatchObject({ event: 'reset', data: { detail: expect.any(String) } })
    expect(JSON.stringify(event)).not.toContain('10.1.2.3')
  })
})
