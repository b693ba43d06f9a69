import { join } from 'node:path'
import KeyvRedis from '@keyv/redis'
import KeyvSqlite from '@keyv/sqlite'
import { bytesCodec, type Codec, createState, jsonCodec, type State } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { isRedisWanted, type RedisServer, startRedis } from '@switchyard/services'
import { sqlite } from '@switchyard/sqlite'
import fc from 'fast-check'
import { Keyv as Keyv6 } from 'keyv'
import { Keyv as Keyv5 } from 'keyv-5'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type KeyvOptions, keyv } from '../src/index.ts'
import { pack, unpack } from '../src/stored-entry.ts'
import { MapAdapter } from './map-adapter.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Something that is there and has to be put away: what both versions of Keyv are to a test. */
interface AnyKeyv {
  set(key: string, value: unknown, ttl?: number): Promise<boolean>
  get(key: string): Promise<unknown>
}

interface Written {
  readonly name: string
  /** A Keyv, and the options of a backend over what it writes. */
  readonly open: () => { readonly keyv: AnyKeyv; readonly options: KeyvOptions }
}

let redis: RedisServer | undefined
beforeAll(async () => {
  if (isRedisWanted()) redis = await startRedis()
})
afterAll(() => redis?.stop())

const written: Written[] = [
  {
    name: 'Keyv 5 with @keyv/redis, which puts its namespace before the keys twice',
    open() {
      const namespace = `app-${Math.random()}`
      const store = new KeyvRedis(redis?.url)
      const instance = new Keyv5({ store, namespace })
      onTestFinished(() => instance.disconnect())
      const options = { store: () => new KeyvRedis(redis?.url, { namespace }), keyPrefix: `${namespace}:` }
      return { keyv: instance as AnyKeyv, options }
    },
  },
  {
    name: 'Keyv 6 with @keyv/sqlite',
    open() {
      const uri = `sqlite://${join(temporaryFolder(), 'keyv.sqlite')}`
      const instance = new Keyv6({ store: new KeyvSqlite({ uri }), namespace: 'app' })
      onTestFinished(() => instance.disconnect())
      const open = (): KeyvSqlite => {
        const store = new KeyvSqlite({ uri })
        store.namespace = 'app'
        return store
      }
      return { keyv: instance as unknown as AnyKeyv, options: { store: open, durable: true } }
    },
  },
  {
    name: 'Keyv 5 with an adapter that knows no namespaces',
    open() {
      const store = new MapAdapter()
      return { keyv: new Keyv5({ store }) as AnyKeyv, options: { store, keyPrefix: 'keyv:' } }
    },
  },
]

async function openState(options: KeyvOptions, codec: Codec = jsonCodec): Promise<State> {
  const folder = temporaryFolder()
  const state = await createState({
    backends: { keyv: keyv(options), memory: memory(), sqlite: sqlite({ path: join(folder, 'state.db') }) },
    active: 'keyv',
    codec,
    journal: join(folder, 'journal.json'),
  })
  onTestFinished(() => state.close())
  return state
}

const VALUES: Readonly<Record<string, unknown>> = {
  text: 'plain',
  ':key with: colons': ':text with a colon',
  number: 1.5,
  zero: 0,
  null: null,
  no: false,
  object: { nested: [1, ':colon', { a: '::two' }], empty: {} },
  'Unicode ☃ %_*': '\u2028\u{1f600}',
}

describe.each(written)('what was written by $name', ({ open }) => {
  test('is read, and goes over to other backends with its TTLs', async () => {
    const { keyv: instance, options } = open()
    for (const [key, value] of Object.entries(VALUES)) await instance.set(key, value)
    const before = Date.now()
    await instance.set('expiring', 'soon', 60_000)
    const after = Date.now()
    const state = await openState(options)
    for (const [key, value] of Object.entries(VALUES)) expect(await state.get(key)).toEqual(value)
    expect((await state.keys().page()).items.toSorted()).toEqual(
      [...Object.keys(VALUES), 'expiring'].toSorted(),
    )
    const entries = await state.getManyEntries([...Object.keys(VALUES), 'expiring'])
    const expiresAt = entries.at(-1)?.expiresAt ?? 0
    expect(expiresAt).toBeGreaterThanOrEqual(before + 60_000)
    expect(expiresAt).toBeLessThanOrEqual(after + 60_000)

    for (const target of ['sqlite', 'memory']) {
      await (await state.switchTo(target, { allowVolatile: true, exclusive: true })).done
      expect(await state.getManyEntries([...Object.keys(VALUES), 'expiring'])).toEqual(entries)
    }
  })

  test('can be changed under its version, and Keyv reads what was written', async () => {
    const { keyv: instance, options } = open()
    await instance.set('settings', { a: 1 })
    const state = await openState(options)
    const entry = await state.getEntry('settings')
    expect(await state.getEntry('settings')).toEqual(entry)
    await instance.set('settings', { a: 2 })
    await expect(state.set('settings', 0, { ifVersion: entry?.version ?? '' })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await state.update<{ a: number }>('settings', (found) => ({ a: (found?.a ?? 0) + 1 }))
    expect(await instance.get('settings')).toEqual({ a: 3 })
    for (const [key, value] of Object.entries(VALUES)) {
      await state.set(key, value, { ttl: '1h' })
      expect(await instance.get(key)).toEqual(value)
    }
    await state.set('short', 1, { ttl: 50 })
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(await instance.get('short')).toBeUndefined()
  })

  test('is bytes where it is bytes', async () => {
    const { keyv: instance, options } = open()
    const bytes = Buffer.from([0, 1, 255])
    await instance.set('bytes', bytes)
    const state = await openState(options, bytesCodec as Codec)
    expect(Buffer.from((await state.get<Uint8Array>('bytes')) ?? [])).toEqual(bytes)
    await state.set('others', new Uint8Array([9, 8]))
    expect(Buffer.from((await instance.get('others')) as Uint8Array)).toEqual(Buffer.from([9, 8]))
  })
})

test('entries of any bytes come back as they were', () => {
  const value = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
    fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    fc
      .constantFrom('":a"', '["::b",":base64:x",":bigint:1"]', '{"__proto__":":c"}', '')
      .map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(
      value,
      fc.string(),
      fc.option(fc.integer({ min: 1 }), { nil: undefined }),
      (bytes, version, expiresAt) => {
        const entry = { value: bytes, version, ...(expiresAt !== undefined && { expiresAt }) }
        const found = unpack('key', pack(entry))
        expect({ ...found, value: Buffer.from(found?.value ?? []) }).toEqual({
          ...entry,
          value: Buffer.from(bytes),
        })
      },
    ),
    { numRuns: 2000 },
  )
})

test.each(['not JSON', '"text"', '{"other":1}', 'null', 17])(
  '%j is CORRUPT, as Keyv has not written it',
  async (raw) => {
    const store = new MapAdapter(new Map([['key', raw as string]]))
    const state = await openState({ store })
    await expect(state.get('key')).rejects.toMatchObject({ code: 'CORRUPT', key: 'key' })
    await expect(state.keys().page()).rejects.toMatchObject({ code: 'CORRUPT' })
  },
)
