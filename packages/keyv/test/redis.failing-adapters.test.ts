import KeyvRedis from '@keyv/redis'
import { createState, isStateError } from '@switchyard/core'
import { startRedis } from '@switchyard/services'
import { expect, onTestFinished, test } from 'vitest'
import { keyv } from '../src/index.ts'

const TIMEOUT_MS = 500

test('a @keyv/redis whose server stops is no miss, and works again when the server is back', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const state = await createState({
    backends: { keyv: keyv({ store: () => new KeyvRedis(server.url, { namespace: 'app' }) }) },
    timeoutMs: TIMEOUT_MS,
    cleanupInterval: false,
  })
  onTestFinished(() => state.close())
  await state.set('key', 1)
  await server.kill()
  const outcome = await state.get('key').catch((error: unknown) => error)
  expect(isStateError(outcome) && ['UNAVAILABLE', 'TIMEOUT'].includes(outcome.code)).toBe(true)
  await server.restart()
  const isBack = (): Promise<boolean> =>
    state.get('key').then(
      () => true,
      () => false,
    )
  await expect.poll(isBack, { timeout: 60_000 }).toBe(true)
}, 120_000)
