import { describe, expect, it } from 'vitest'
import { createEvents } from '../src/events.ts'
import type { StateChange } from '../src/index.ts'
import { createWatches } from '../src/watch.ts'
import { codeOf, collect, testState } from './test-state.ts'

describe('a watch', () => {
  it('gives changes in their order, from its call on and not from the first read on', async () => {
    const { state } = await testState()
    await state.set('before', 1)
    const watch = state.watch()
    const { version, expiresAt } = await state.set('a', 1, { ttl: '1h' })
    await state.transaction({
      operations: [
        { op: 'set', key: 'b', value: 1 },
        { op: 'increment', key: 'n' },
        { op: 'delete', key: 'a' },
      ],
    })
    await state.close()
    const changes = await collect(watch)
    expect(changes.map(({ type, key }) => `${type} ${key}`)).toEqual(['set a', 'set b', 'set n', 'delete a'])
    expect(changes[0]).toEqual({ type: 'set', key: 'a', version, expiresAt, id: expect.any(String) })
    expect(Object.keys(changes[3] as StateChange).toSorted()).toEqual(['id', 'key', 'type'])
  })

  it('gives nothing for writes that failed or changed nothing', async () => {
    const { state } = await testState()
    await state.set('a', 1)
    const watch = state.watch()
    expect(await codeOf(() => state.set('a', 2, { ifAbsent: true }))).toBe('CONFLICT')
    await state.delete('nothing')
    await state.touch('nothing', '1h')
    await state.persist('a')
    await state.update('nothing', () => undefined)
    await state.close()
    expect(await collect(watch)).toEqual([])
  })

  it('gives what a cleanup removed as expired', async () => {
    const { state, clock } = await testState()
    const inner = state.namespace('n')
    await inner.set('a', 1, { ttl: 10 })
    await state.set('other', 1, { ttl: 10 })
    const watch = inner.watch()
    clock.advance(10)
    expect(await state.cleanup()).toEqual({ removed: 2 })
    expect((await watch.next()).value).toEqual({ type: 'expire', key: 'a', id: expect.any(String) })
    await watch.return()
  })

  it('has keys relative to its namespace, each to its own', async () => {
    const { state } = await testState()
    const outer = state.namespace('a')
    const inner = outer.namespace('b')
    const watches = [
      state.watch(),
      outer.watch(),
      inner.watch(),
      inner.watch('k'),
      inner.watch('x'),
      state.watch('a:'),
    ]
    await inner.set('key', 1)
    await state.close()
    const keys = await Promise.all(watches.map(async (watch) => (await collect(watch)).map(({ key }) => key)))
    expect(keys).toEqual([['a:b:key'], ['b:key'], ['key'], ['key'], [], ['a:b:key']])
  })

  it('answers reads that came before the changes, in their order', async () => {
    const { state } = await testState()
    const watch = state.watch()
    const reads = [watch.next(), watch.next()]
    await state.set('a', 1)
    await state.set('b', 1)
    expect((await Promise.all(reads)).map(({ value }) => value?.key)).toEqual(['a', 'b'])
    await watch.return()
  })

  it('that fell behind fails once with LAGGED, then is done; others go on', async () => {
    const { state } = await testState()
    const slow = state.watch('', { bufferSize: 2 })
    const fast = state.watch('', { bufferSize: 3 })
    for (const key of ['a', 'b', 'c']) await state.set(key, 1)
    expect(await codeOf(() => slow.next())).toBe('LAGGED')
    expect([await slow.next(), await slow.next()]).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ])
    expect((await fast.next()).value?.key).toBe('a')
    await state.set('d', 1)
    expect((await fast.next()).value?.key).toBe('b')
    await fast.return()
  })

  it('ends a read that waits when it is returned', async () => {
    const { state } = await testState()
    const watch = state.watch()
    const read = watch.next()
    await watch.return()
    expect(await read).toEqual({ value: undefined, done: true })
    await state.set('a', 1)
    expect((await watch.next()).done).toBe(true)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a buffer of %s',
    async (bufferSize) => {
      const { state } = await testState()
      expect(await codeOf(() => state.watch('', { bufferSize }))).toBe('INVALID_OPTIONS')
    },
  )
})

describe('the end of a watch', () => {
  it.each(['return', 'await using', 'break', 'abort', 'lag', 'close'] as const)(
    'leaves no listener behind: %s',
    async (end) => {
      const events = createEvents('epoch', () => {})
      const watches = createWatches(events)
      const stop = new AbortController()
      const watch = watches.open('', { bufferSize: 1, signal: stop.signal }, (key) => key)
      expect(events.hears('change')).toBe(true)
      if (end === 'return') await watch.return()
      else if (end === 'close') watches.closeAll()
      else if (end === 'abort') stop.abort()
      else if (end === 'await using') {
        await using used = watch
        expect(used).toBe(watch)
      } else {
        events.changed({ type: 'set', key: 'a' })
        if (end === 'lag') events.changed({ type: 'set', key: 'b' })
        else for await (const _ of watch) break
      }
      expect(events.hears('change')).toBe(false)
    },
  )

  it('leaves no listener on a signal that outlives it', async () => {
    const { state } = await testState()
    const stop = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = stop.signal
    stop.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(stop.signal, args)
    }
    stop.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(stop.signal, args)
    }
    for (let i = 0; i < 20; i++) await state.watch('', { signal: stop.signal }).return()
    expect(listeners).toBe(0)
  })
})
