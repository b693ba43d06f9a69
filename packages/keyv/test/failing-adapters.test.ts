import KeyvRedis from '@keyv/redis'
import KeyvSqlite from '@keyv/sqlite'
import { createState, type State } from '@switchyard/core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type KeyvAdapter, type KeyvOptions, keyv } from '../src/index.ts'
import { MapAdapter } from './map-adapter.ts'

const TIMEOUT_MS = 500
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown): void => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', onUnhandled))
afterAll(() => {
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
})

async function openState(store: KeyvOptions['store']): Promise<State> {
  const state = await createState({
    backends: { keyv: keyv({ store }) },
    timeoutMs: TIMEOUT_MS,
    cleanupInterval: false,
  })
  onTestFinished(() => state.close())
  return state
}

const READS: readonly [string, (state: State) => Promise<unknown>][] = [
  ['get', (state) => state.get('key')],
  ['has', (state) => state.has('key')],
  ['getMany', (state) => state.getMany(['key', 'other'])],
  ['keys', (state) => state.keys().page()],
  ['stats', (state) => state.stats()],
]
const WRITES: readonly [string, (state: State) => Promise<unknown>][] = [
  ['set', (state) => state.set('key', 2)],
  ['setMany', (state) => state.setMany([{ key: 'key', value: 2 }])],
]

describe('an adapter that emits its errors and answers as if there were nothing', () => {
  test.each(READS)('makes %s UNAVAILABLE, never a miss', async (_, read) => {
    const adapter = new MapAdapter()
    const state = await openState(adapter)
    await state.set('key', 1)
    adapter.failure = new Error('the connection was lost')
    await expect(read(state)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('the connection was lost'),
    })
    adapter.failure = undefined
    expect(await state.get('key')).toBe(1)
  })

  test.each(WRITES)('makes %s OUTCOME_UNKNOWN', async (_, write) => {
    const adapter = new MapAdapter()
    const state = await openState(adapter)
    adapter.failure = new Error('the connection was lost')
    await expect(write(state)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    adapter.failure = undefined
    expect(await state.get('key')).toBeUndefined()
  })
})

const broken = (methods: Partial<Record<keyof KeyvAdapter, unknown>>): KeyvAdapter =>
  Object.assign(new MapAdapter(), methods) as unknown as KeyvAdapter

test('an adapter that throws, at once or later, is told apart from a missing key', async () => {
  const throws = (): never => {
    throw new Error('thrown')
  }
  for (const get of [throws, async () => throws()]) {
    const state = await openState(broken({ get }))
    await expect(state.get('key')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('thrown'),
    })
  }
})

test('a set that is answered with false has failed', async () => {
  const state = await openState(broken({ set: async () => false }))
  await expect(state.set('key', 1)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', key: 'key' })
})

test('an answer for fewer keys than were asked for is an error', async () => {
  for (const answer of [[], undefined, ['{"value":1}']]) {
    const state = await openState(broken({ getMany: async () => answer }))
    await expect(state.getMany(['a', 'b'])).rejects.toMatchObject({ code: 'BACKEND_ERROR' })
  }
})

test('an adapter that never answers does not hold its caller beyond the deadline', async () => {
  const never = (): Promise<never> => new Promise(() => {})
  const state = await openState(broken({ get: never, set: never }))
  const started = performance.now()
  await expect(state.get('key')).rejects.toMatchObject({ code: 'TIMEOUT' })
  await expect(state.set('key', 1)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  expect(performance.now() - started).toBeLessThan(2 * TIMEOUT_MS + 1000)
})

test('what is no adapter, or one that cannot list its keys, is refused', async () => {
  expect(() => keyv({ store: new Map() as unknown as KeyvAdapter })).toThrowError(/no iterator\(\)/)
  expect(() => keyv({ store: {} as KeyvAdapter })).toThrowError(/no get\(\)/)
  await expect(openState(() => ({}) as KeyvAdapter)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' })
})

test('a @keyv/redis that would leave keys out of lists is refused', async () => {
  await expect(openState(() => new KeyvRedis('redis://127.0.0.1:1'))).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    message: expect.stringContaining('noNamespaceAffectsAll'),
  })
})

test('an adapter that was handed in is not disconnected, one that was made is', async () => {
  let disconnected = 0
  const adapter = (): KeyvAdapter => broken({ disconnect: async () => void disconnected++ })
  await (await openState(adapter())).close()
  expect(disconnected).toBe(0)
  await (await openState(adapter)).close()
  expect(disconnected).toBe(1)
})

test('a @keyv/sqlite without its database is UNAVAILABLE', async () => {
  const store = new KeyvSqlite({ uri: 'sqlite:///no/such/folder/keyv.sqlite' })
  const state = await openState(store)
  await expect(state.get('key')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})
