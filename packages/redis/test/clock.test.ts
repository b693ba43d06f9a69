import { createState, openStore, systemClock } from '@switchyard/core'
import { type RedisServer, startRedis } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redis } from '../src/index.ts'

describe('the clock by which Redis lets entries expire', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  const shifted = (ms: number) => ({ now: () => Date.now() + ms })

  test.each([
    [0, 0],
    [-10_000, 10_000],
    [10_000, -10_000],
  ])('is compared with the one of the process, which is %i ms off', async (ms, aheadMs) => {
    const store = await openStore(redis({ url: server.url }), { clock: shifted(ms) })
    const { clockAheadMs = Number.NaN } = (await store.checkHealth?.()) ?? {}
    await store.close()
    expect(Math.abs(clockAheadMs - aheadMs)).toBeLessThan(1000)
  })

  test('must not differ much for a switch', async () => {
    const options = {
      backends: {
        here: redis({ url: server.url, prefix: 'here' }),
        there: redis({ url: server.url, prefix: 'there' }),
      },
      active: 'here',
      journal: { read: async () => undefined, write: async () => undefined },
    } as const
    const state = await createState({ ...options, clock: shifted(-5000) })
    await expect(state.switchTo('there', { exclusive: true })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/the clock of 'here', .* is [45]\d\d\d ms ahead of this one/),
    })
    await state.close()
    const right = await createState({ ...options, clock: systemClock })
    await (await right.switchTo('there', { exclusive: true })).done
    await right.close()
  })
})
