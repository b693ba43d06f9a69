import { describe, expect, test } from 'vitest'
import { createState, type State, type StateChange } from '../src/index.ts'
import { testBackend } from './test-backend.ts'

const withCode = (code: string) => expect.objectContaining({ code })
const open = (): Promise<State> => createState({ backends: { a: testBackend() }, cleanupInterval: false })

test('every kind of write tells what it changed, in order, with growing ids', async () => {
  const state = await open()
  const changes: StateChange[] = []
  const stop = state.on('change', (change) => changes.push(change))
  const { version } = await state.set('a', 1)
  await state.setMany([
    { key: 'b', value: 2 },
    { key: 'c', value: 3, ttl: '1h' },
  ])
  await state.increment('a')
  await state.update('a', (n: number = 0) => n + 1)
  await state.touch('a', '1h')
  await state.take('a')
  await state.delete('b')
  await state.delete('not there')
  await state.clear()
  stop()
  await state.set('z', 1)
  expect(changes.map(({ type, key }) => `${type} ${key}`)).toEqual([
    ...['set a', 'set b', 'set c', 'set a', 'set a', 'set a', 'delete a', 'delete b', 'delete c'],
  ])
  expect(changes[0]?.version).toBe(version)
  expect(changes[2]?.expiresAt).toBeGreaterThan(Date.now())
  const numbers = changes.map(({ id }) => Number(id.split('-').at(-1)))
  expect(numbers).toEqual(numbers.toSorted((x, y) => x - y))
  expect(new Set(numbers).size).toBe(changes.length)
  await state.close()
})

describe('watch', () => {
  test('gives the changes under a prefix, with the keys of the namespace', async () => {
    const state = await open()
    const users = state.namespace('users')
    const watch = users.watch('a')
    await users.set('a1', 1)
    await users.set('b', 1)
    await state.set('a2', 1)
    await users.delete('a1')
    expect([(await watch.next()).value?.key, (await watch.next()).value?.type]).toEqual(['a1', 'delete'])
    await state.close()
    expect((await watch.next()).done).toBe(true)
  })

  test('keeps a bounded number of changes, then fails once with LAGGED', async () => {
    const state = await open()
    const watch = state.watch('', { bufferSize: 2 })
    for (const key of ['a', 'b', 'c']) await state.set(key, 1)
    await expect(watch.next()).rejects.toEqual(withCode('LAGGED'))
    expect((await watch.next()).done).toBe(true)
    await state.close()
  })

  test('ends with its loop, and listens no longer', async () => {
    const state = await open()
    const seen: string[] = []
    const watching = (async () => {
      for await (const { key } of state.watch()) {
        seen.push(key)
        if (key === 'b') break
      }
    })()
    for (const key of ['a', 'b', 'c']) await state.set(key, 1)
    await watching
    expect(seen).toEqual(['a', 'b'])
    await state.close()
  })

  test('ends with its signal', async () => {
    const state = await open()
    const stop = new AbortController()
    const watch = state.watch('', { signal: stop.signal })
    const next = watch.next()
    stop.abort()
    await expect(next).rejects.toEqual(withCode('ABORTED'))
    expect((await watch.next()).done).toBe(true)
    expect(() => state.watch('', { signal: stop.signal })).toThrow(withCode('ABORTED'))
    await state.close()
  })

  test('refuses a prefix that is none, and a buffer of nothing', async () => {
    const state = await open()
    expect(() => state.watch('\ud800')).toThrow(withCode('INVALID_KEY'))
    expect(() => state.watch('', { bufferSize: 0 })).toThrow(withCode('INVALID_OPTIONS'))
    await state.close()
  })
})
