import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { bytesCodec, compareKeys, createState, type State } from '../src/index.ts'
import { manualClock, testBackend } from './test-backend.ts'

const withCode = (code: string) => expect.objectContaining({ code })
const open = (): Promise<State> => createState({ backends: { a: testBackend() }, cleanupInterval: false })

describe('a namespace', () => {
  test('is a prefix, and nests', async () => {
    const state = await open()
    const inner = state.namespace('a').namespace('b')
    await inner.set('k', 1)
    expect(await state.get('a:b:k')).toBe(1)
    expect(await state.namespace('a').keys().page()).toEqual({ items: ['b:k'] })
    expect(await inner.keys().page()).toEqual({ items: ['k'] })
    await state.set('a:other', 1)
    expect(await inner.clear()).toBe(1)
    expect(await state.has('a:other')).toBe(true)
    await state.close()
  })

  test.each(['', 'a:b', '\ud800', 'x\0'])('cannot be named %j', async (name) => {
    const state = await open()
    expect(() => state.namespace(name)).toThrow()
    await state.close()
  })

  test('has keys that are not empty, and short enough with its name', async () => {
    const state = await open()
    const space = state.namespace('n')
    await expect(space.get('')).rejects.toEqual(withCode('INVALID_KEY'))
    await expect(space.set(5 as never, 1)).rejects.toEqual(withCode('INVALID_KEY'))
    await space.set('k'.repeat(1022), 1)
    await expect(space.set('k'.repeat(1023), 1)).rejects.toEqual(withCode('INVALID_KEY'))
    await state.close()
  })

  test('gives its TTL to every write that has none', async () => {
    const clock = manualClock()
    const state = await createState({ backends: { a: testBackend() }, clock, cleanupInterval: false })
    const space = state.namespace('s', { ttl: '1s' })
    await space.set('set', 1)
    await space.set('own', 1, { ttl: '2s' })
    await space.setMany([{ key: 'many', value: 1 }])
    await space.update('update', () => 1)
    await space.increment('increment')
    for (const key of ['set', 'many', 'update', 'increment']) {
      expect((await space.getEntry(key))?.expiresAt).toBe(clock.now() + 1000)
    }
    expect((await space.getEntry('own'))?.expiresAt).toBe(clock.now() + 2000)
    expect(() => state.namespace('x', { ttl: 0 })).toThrow(withCode('INVALID_TTL'))
    await state.close()
  })

  test('can have a codec of its own', async () => {
    const state = await open()
    const blobs = state.namespace('blobs', { codec: bytesCodec })
    await blobs.set('b', new Uint8Array([1, 2]))
    expectTypeOf(await blobs.get('b')).toEqualTypeOf<Uint8Array | undefined>()
    expect([...((await blobs.get('b')) ?? [])]).toEqual([1, 2])
    await expect(state.get('blobs:b')).rejects.toEqual(withCode('CODEC_MISMATCH'))
    await expect(blobs.increment('n')).rejects.toEqual(withCode('NOT_SUPPORTED'))
    await state.close()
  })
})

describe('a schema', () => {
  const user = v.object({ name: v.pipe(v.string(), v.trim()), age: v.optional(v.number(), 0) })

  test('validates what is written, stores what it makes of it, and types what is read', async () => {
    const state = await open()
    const users = state.namespace('users', { schema: user })
    await users.set('1', { name: ' Ada ' })
    const read = await users.get('1')
    expectTypeOf(read).toEqualTypeOf<{ name: string; age: number } | undefined>()
    expect(read).toEqual({ name: 'Ada', age: 0 })
    await users.update('1', (found) => ({ name: found?.name ?? '', age: (found?.age ?? 0) + 1 }))
    expect(await users.get('1')).toEqual({ name: 'Ada', age: 1 })
    const wrong = { name: 5 } as never
    const writes = [
      () => users.set('2', wrong),
      () =>
        users.setMany([
          { key: '3', value: { name: 'x' } },
          { key: '2', value: wrong },
        ]),
      () => users.update('2', () => wrong),
      () => users.transaction({ operations: [{ op: 'set', key: '2', value: wrong }] }),
    ]
    for (const write of writes) {
      await expect(write()).rejects.toEqual(withCode('INVALID_VALUE'))
      await expect(write()).rejects.toThrow(/name/)
    }
    expect(await users.keys().page()).toEqual({ items: ['1'] })
    await expect(users.increment('n')).rejects.toEqual(withCode('NOT_SUPPORTED'))
    await state.close()
  })

  test('holds for the namespaces within', async () => {
    const state = await open()
    const inner = state.namespace('users', { schema: user }).namespace('eu')
    await expect(inner.set('1', { name: 5 } as never)).rejects.toEqual(withCode('INVALID_VALUE'))
    await inner.set('1', { name: 'Ada' })
    expect(await inner.get('1')).toEqual({ name: 'Ada', age: 0 })
    await state.close()
  })

  test('may answer later', async () => {
    const state = await open()
    const schema = v.pipeAsync(
      v.string(),
      v.checkAsync(async (text) => text !== 'bad', 'is bad'),
    )
    const texts = state.namespace('texts', { schema })
    await texts.set('a', 'good')
    await expect(texts.set('a', 'bad')).rejects.toThrow(/is bad/)
    expect(await texts.get('a')).toBe('good')
    await state.close()
  })
})

test('update takes its types from its function', async () => {
  const state = await open()
  const total = await state.update('n', (n: number = 0) => n + 1)
  expectTypeOf(total).toEqualTypeOf<number | undefined>()
  expectTypeOf(await state.get<{ id: string }>('x')).toEqualTypeOf<{ id: string } | undefined>()
  await state.close()
})

describe('update', () => {
  test('passes on what its function throws', async () => {
    const state = await open()
    const error = new Error('mine')
    const failing = state.update('a', () => {
      throw error
    })
    await expect(failing).rejects.toBe(error)
    await state.close()
  })

  test('gives up with CONFLICT if others never leave the key alone', async () => {
    const state = await open()
    let count = 0
    const updating = state.update('a', async () => {
      await state.set('a', ++count)
      return 'mine'
    })
    await expect(updating).rejects.toEqual(withCode('CONFLICT'))
    expect(count).toBe(100)
    await state.close()
  })

  test('gives up when its time is over or its signal aborts', async () => {
    const state = await open()
    const fight = async (): Promise<string> => {
      await state.set('a', Math.random())
      return 'mine'
    }
    await expect(state.update('a', fight, { timeoutMs: 30 })).rejects.toEqual(withCode('TIMEOUT'))
    const stop = new AbortController()
    const updating = state.update('a', fight, { signal: stop.signal })
    stop.abort()
    await expect(updating).rejects.toEqual(withCode('ABORTED'))
    await state.close()
  })
})

test('pages of an unordered backend are those of a sorted list', async () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 4 })
    .filter((key) => key.isWellFormed() && !key.includes('\0'))
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      async (keys, limit) => {
        const state = await open()
        await state.setMany(keys.map((key) => ({ key, value: 1 })))
        const listed: string[] = []
        let cursor: string | undefined
        do {
          const page = await state.keys({ limit, ...(cursor === undefined ? {} : { cursor }) }).page()
          expect(page.items.length).toBeLessThanOrEqual(limit)
          listed.push(...page.items)
          cursor = page.cursor
        } while (cursor !== undefined)
        expect(listed).toEqual(keys.toSorted(compareKeys))
        await state.close()
      },
    ),
    { numRuns: 50 },
  )
})
