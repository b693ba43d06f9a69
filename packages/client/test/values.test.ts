import { afterAll, describe, expect, it } from 'vitest'
import { createClient } from '../src/index.ts'
import { rejection } from './rejects.ts'
import { startServer } from './start-server.ts'

const server = await startServer()
const { state } = server
const client = createClient({ url: `${server.url}/` })

afterAll(() => server.close())

const HOSTILE = [
  '.',
  '..',
  'a/b',
  '%2F',
  '%',
  '__proto__',
  'é',
  'e\u0301',
  '🙂',
  'a b',
  '?#',
  ' ',
  '\n',
  'x'.repeat(1024),
]

describe('one value', () => {
  it.each([{ a: [1, 'b', null, { c: true }] }, null, '', 'text', 0, -1.5, false, [], { ['__proto__']: 1 }])(
    'comes back as it was: %j',
    async (value) => {
      const { version } = await client.set('value', value)
      expect(await client.get('value')).toEqual(value)
      expect(await client.getEntry('value')).toEqual({ value, version, contentType: 'application/json' })
    },
  )

  it.each([[new Uint8Array([0, 255, 128])], [new Uint8Array()], [new Uint8Array(100_000).fill(7)]])(
    'may be bytes',
    async (bytes) => {
      await client.set('bytes', bytes)
      expect(await client.get('bytes')).toEqual(bytes)
      await client.set('image', bytes, { contentType: 'image/png' })
      expect(await client.getEntry('image')).toMatchObject({ value: bytes, contentType: 'image/png' })
      await client.setMany([{ key: 'bytes', value: bytes }])
      expect(await client.getMany(['bytes'])).toEqual([bytes])
    },
  )

  it.each([
    undefined,
    Number.NaN,
    [1, undefined],
    { a: new Date() },
    new Map(),
    1n,
    () => 1,
    Array(2),
    [[Number.POSITIVE_INFINITY]],
  ])('is refused if JSON would change it: %s', async (value) => {
    await rejection(client.set('lossy', value), 'NOT_SERIALIZABLE')
    await rejection(client.setMany([{ key: 'lossy', value }]), 'NOT_SERIALIZABLE')
    expect(await client.has('lossy')).toBe(false)
  })

  it('is refused if it contains itself', async () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    await rejection(client.set('lossy', cycle), 'NOT_SERIALIZABLE')
  })

  it.each(HOSTILE)('is kept under the key %j, whatever is asked for', async (key) => {
    expect(await client.get(key)).toBeUndefined()
    expect(await client.has(key)).toBe(false)
    const { version } = await client.set(key, 1, { ifAbsent: true })
    expect(await rejection(client.set(key, 2, { ifAbsent: true }), 'CONFLICT')).toMatchObject({ key })
    expect(await state.getEntry(key)).toMatchObject({ version })
    expect(await client.has(key)).toBe(true)
    expect(await client.increment(key, 41)).toBe(42)
    expect(await client.getEntry<number>(key)).toMatchObject({ value: 42 })
    expect(await rejection(client.delete(key, { ifVersion: version }), 'CONFLICT')).toMatchObject({ key })
    expect(await client.delete(key)).toBe(true)
    expect(await client.delete(key)).toBe(false)
  })

  it.each(['', '\ud800', 1 as never])('is refused under the key %j', async (key) => {
    await rejection(client.get(key), 'INVALID_KEY')
    await rejection(client.set(key, 1), 'INVALID_KEY')
  })

  it.each(['a\0', 'x'.repeat(1025)])('is refused by the server under the key %j', async (key) => {
    expect(await rejection(client.get(key), 'INVALID_KEY')).toMatchObject({ key, retryable: false })
  })

  it('is written on conditions', async () => {
    const { version } = await client.set('condition', 1)
    const second = await client.set('condition', 2, { ifVersion: version })
    expect(await rejection(client.set('condition', 3, { ifVersion: version }), 'CONFLICT')).toMatchObject({
      key: 'condition',
      operation: 'set',
      retryable: true,
    })
    for (const ifVersion of ['a "b"', 'é', '\n', '*']) {
      await rejection(client.set('condition', 3, { ifVersion }), 'CONFLICT')
      await rejection(client.delete('condition', { ifVersion }), 'CONFLICT')
    }
    await rejection(client.set('condition', 3, { ifVersion: version, ifAbsent: true }), 'INVALID_OPTIONS')
    expect(await client.delete('condition', { ifVersion: second.version })).toBe(true)
  })

  it('expires', async () => {
    const before = Date.now()
    const { expiresAt = 0 } = await client.set('short', 1, { ttl: '1h' })
    expect(expiresAt).toBeGreaterThanOrEqual(before + 3_600_000)
    expect(await client.getEntry('short')).toMatchObject({ expiresAt })
    expect((await state.getEntry('short'))?.expiresAt).toBe(expiresAt)
    expect(await client.set('short', 2, { keepTtl: true })).toMatchObject({ expiresAt })
    expect(await client.set('short', 2)).not.toHaveProperty('expiresAt')
    expect((await client.set('.', 2, { ttl: 60_000 })).expiresAt).toBeGreaterThan(before)
    await rejection(client.set('.', 2, { keepTtl: true }), 'NOT_SUPPORTED')
    await rejection(client.set('short', 1, { ttl: -1 }), 'INVALID_TTL')
    await rejection(client.set('short', 1, { ttl: 1000, keepTtl: true }), 'INVALID_OPTIONS')
  })

  it('is patched', async () => {
    const { version } = await client.set('patched', { a: 1, b: 2 }, { ttl: '1h' })
    expect(await client.patch('patched', { b: null, c: { d: 3 } }, { ifVersion: version })).toEqual({
      a: 1,
      c: { d: 3 },
    })
    expect(await client.getEntry('patched')).toMatchObject({ expiresAt: expect.any(Number) })
    expect(await rejection(client.patch('patched', {}, { ifVersion: version }), 'CONFLICT')).toMatchObject({
      key: 'patched',
    })
    await client.set('image', new Uint8Array([1]))
    expect(await rejection(client.patch('image', {}), 'INVALID_VALUE')).toMatchObject({ key: 'image' })
    await rejection(client.patch('..', {}), 'NOT_SUPPORTED')
  })

  it('that is no integer is not incremented', async () => {
    await client.set('text', 'x')
    await rejection(client.increment('text'), 'INVALID_VALUE')
    expect(await client.increment('counter', 5, { ttl: '1h' })).toBe(5)
    expect((await state.getEntry('counter'))?.expiresAt).toBeDefined()
  })

  it('that the server does not read is no missing one', async () => {
    await state.store.set('foreign', { value: new Uint8Array([1, 2]), version: 'v' })
    expect(await rejection(client.get('foreign'), 'CODEC_MISMATCH')).toMatchObject({ retryable: false })
    await rejection(client.has('foreign'), 'CODEC_MISMATCH')
  })
})

describe('many values', () => {
  it('are written and read in one call each', async () => {
    const entries = [...HOSTILE, 'more'].map((key, i) => ({ key, value: { i }, ttl: '1h' as const }))
    const keys = entries.map(({ key }) => key)
    const written = await client.setMany(entries)
    expect(written).toHaveLength(entries.length)
    expect(await client.getMany([...keys, 'absent'])).toEqual([
      ...entries.map(({ value }) => value),
      undefined,
    ])
    expect(await client.getManyEntries(keys)).toEqual(
      entries.map(({ value }, i) => ({ value, ...written[i], contentType: 'application/json' })),
    )
    expect(await client.deleteMany([...keys, 'absent'])).toBe(keys.length)
    expect(await client.getMany([])).toEqual([])
  })

  it('are more than the server takes in one call', async () => {
    const entries = Array.from({ length: 2500 }, (_, i) => ({ key: `many:${i}`, value: i }))
    const keys = entries.map(({ key }) => key)
    expect(await client.setMany(entries)).toHaveLength(2500)
    expect(await client.getMany(keys)).toEqual(entries.map(({ value }) => value))
    const bad = [...entries.slice(0, 1500), { key: 'x'.repeat(1025), value: 1 }, ...entries.slice(1500)]
    const { notApplied } = await rejection(client.setMany(bad), 'INVALID_KEY')
    expect(notApplied).toEqual(bad.slice(1000).map(({ key }) => key))
    expect(await client.deleteMany(keys)).toBe(2500)
  })

  it('are listed in the order of their bytes, page by page', async () => {
    const keys = Array.from({ length: 1203 }, (_, i) => `list:${String(i).padStart(5, '0')}`)
    await client.setMany(keys.map((key) => ({ key, value: key })))
    expect(await Array.fromAsync(client.keys({ prefix: 'list:' }))).toEqual(keys)
    expect(await Array.fromAsync(client.keys({ prefix: 'list:', limit: 1100 }))).toEqual(keys.slice(0, 1100))
    const first = await client.keys({ prefix: 'list:' }).page()
    expect(first).toEqual({ items: keys.slice(0, 1000), cursor: keys[999] })
    const cursor = first.cursor as string
    expect(await client.keys({ prefix: 'list:', cursor }).page()).toEqual({ items: keys.slice(1000) })
    const entries = await client.entries<string>({ prefix: 'list:', limit: 2 }).page()
    expect(entries.items).toMatchObject(
      keys.slice(0, 2).map((key) => ({ key, value: key, contentType: 'application/json' })),
    )
    expect(await client.keys({ prefix: 'none' }).page()).toEqual({ items: [] })
    await rejection(client.keys({ limit: 0 }).page(), 'INVALID_OPTIONS')
    await rejection(client.keys({ prefix: '\0' }).page(), 'INVALID_KEY')
  })

  it('are checked and written all or nothing', async () => {
    const { results } = await client.transaction({
      checks: [{ key: 't', version: null }],
      operations: [
        { op: 'set', key: 't', value: { n: 1 }, ttl: '1h' },
        { op: 'set', key: 'b', value: new Uint8Array([1, 2]) },
        { op: 'increment', key: 'n', by: 3 },
        { op: 'delete', key: 'absent' },
      ],
    })
    expect(results).toMatchObject([
      { op: 'set' },
      { op: 'set' },
      { op: 'increment', value: 3 },
      { op: 'delete', deleted: false },
    ])
    expect(await client.getMany(['t', 'b'])).toEqual([{ n: 1 }, new Uint8Array([1, 2])])
    const again = client.transaction({
      checks: [{ key: 't', version: null }],
      operations: [{ op: 'delete', key: 'b' }],
    })
    expect(await rejection(again, 'CONFLICT')).toMatchObject({ key: 't' })
    expect(await client.has('b')).toBe(true)
  })
})
