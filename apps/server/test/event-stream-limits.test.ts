import { memory } from '@switchyard/memory'
import { expect, it } from 'vitest'
import { readEvents } from './support/event-reader.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer } from './support/start-server.ts'
import { makeToken } from './support/tokens.ts'
import { openWebSocket } from './support/web-socket.ts'

const greedy = makeToken({ name: 'greedy', scopes: ['watch'] })
const alsoGreedy = makeToken({ name: 'greedy', scopes: ['watch'] })
const other = makeToken({ name: 'other', scopes: ['watch'] })

it('a token has some of the event streams, however it opens them, and others have theirs', async () => {
  const server = await startServer({
    backends: { one: memory() },
    access: { tokens: [greedy.settings, alsoGreedy.settings, other.settings] },
    limits: { maxEventStreamsPerToken: 3 },
  })
  const events = `${server.url}/v1/events`
  await using first = await readEvents(events, undefined, greedy.headers)
  using second = openWebSocket(`${events}/ws`, alsoGreedy.headers)
  expect(await second.next()).toMatchObject({ event: 'open' })
  const session = await fetch(`${server.url}/v1/session`, json('POST', { token: greedy.token }))
  const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  await using third = await readEvents(events, undefined, { cookie })
  expect([first.status, third.status]).toEqual([200, 200])

  for (const { headers } of [greedy, alsoGreedy]) {
    const response = await fetch(events, { headers })
    expect(response.headers.get('retry-after')).toBe('10')
    await expectProblem(response, 429, 'RATE_LIMITED')
  }
  using refused = openWebSocket(`${events}/ws`, greedy.headers)
  expect(await refused.next()).toBeUndefined()
  await using others = await readEvents(events, undefined, other.headers)
  expect(others.status).toBe(200)

  first.close()
  await expect
    .poll(async () => {
      await using again = await readEvents(events, undefined, greedy.headers)
      return again.status
    })
    .toBe(200)
})

it('without tokens there is the limit of all streams only', async () => {
  const server = await startServer({
    backends: { one: memory() },
    limits: { maxEventStreamsPerToken: 1 },
    maxEventStreams: 2,
  })
  const events = `${server.url}/v1/events`
  await using first = await readEvents(events)
  await using second = await readEvents(events)
  expect([first.status, second.status]).toEqual([200, 200])
  await expectProblem(fetch(events), 503, 'OVERLOADED')
})
