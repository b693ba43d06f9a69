import { definePlugin } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import * as v from 'valibot'
import { expect, it } from 'vitest'
import { DEFAULT_SERVER, runServer } from '../src/index.ts'
import { temporaryFolder } from './support/start-server.ts'

it('is stopped also while a backend is still being opened', async () => {
  const opening = Promise.withResolvers<void>()
  const slow = definePlugin({
    name: 'slow',
    capabilities: memory().plugin.capabilities,
    optionsSchema: v.object({}),
    open() {
      opening.resolve()
      return new Promise<never>(() => {})
    },
  })
  const stop = new AbortController()
  const ended = runServer(
    {
      server: { ...DEFAULT_SERVER, port: 0, logLevel: 'silent' },
      state: { active: 'slow', backends: { slow: slow({}) } },
      dataDir: await temporaryFolder(),
    },
    stop.signal,
  )
  await opening.promise
  stop.abort(new Error('enough'))
  expect(await ended).toBe(0)
})
