import { type Backend, definePlugin, defineStore, type Entry, StateError } from '@switchyard/core'
import * as v from 'valibot'
import { expect, it } from 'vitest'
import { readEvents } from './support/event-reader.ts'
import { json, startServer, urlOf } from './support/start-server.ts'

/** Watches until it is told to fail. */
function watchedBackend(failure: Promise<never>): Backend {
  const plugin = definePlugin({
    name: 'watched',
    capabilities: {
      ttl: 'lazy',
      atomicity: 'process',
      transactions: false,
      durable: false,
      shared: true,
      ordered: false,
      watch: true,
      optimize: false,
      maxKeyBytes: 1024,
      maxValueBytes: 1000,
    },
    optionsSchema: v.object({}),
    async open(_options, { clock }) {
      const entries = new Map<string, Entry>()
      return defineStore(
        {
          get: (key) => entries.get(key),
          set: (key, entry) => void entries.set(key, entry),
          delete: (key) => void entries.delete(key),
          async *list({ prefix }) {
            yield [...entries]
              .filter(([key]) => key.startsWith(prefix))
              .map(([key, entry]) => ({ key, entry }))
          },
          async *watch() {
            yield await failure
          },
          close() {},
        },
        { clock },
      )
    },
  })
  return plugin({})
}

it('a reset says that changes of other processes may have been missed', async () => {
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  const server = await startServer({ backends: { watched: watchedBackend(failure.promise) } })
  await using reader = await readEvents(`${server.url}/v1/events?prefix=a`)
  failure.reject(new StateError('UNAVAILABLE', 'The connection was lost'))
  expect(await reader.next()).toMatchObject({ event: 'reset', id: expect.any(String) })
  await fetch(urlOf(server, 'a'), json('PUT', 1))
  for (;;) {
    const event = await reader.next()
    if (event?.event === 'reset') continue
    expect(event).toMatchObject({ event: 'change', data: { key: 'a' } })
    break
  }
})
