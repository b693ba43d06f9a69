import { join } from 'node:path'
import KeyvSqlite from '@keyv/sqlite'
import fc from 'fast-check'
import { Keyv as Keyv6 } from 'keyv'
import { Keyv as Keyv5 } from 'keyv-5'
import { expect, onTestFinished, test } from 'vitest'
import { pack, unpack } from '../src/stored-entry.ts'
import { MapAdapter } from './map-adapter.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { type AnyKeyv, openState, readsWhatWasWritten } from './written-by-keyv.ts'

readsWhatWasWritten({
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
})

readsWhatWasWritten({
  name: 'Keyv 5 with an adapter that knows no namespaces',
  open() {
    const store = new MapAdapter()
    return { keyv: new Keyv5({ store }) as AnyKeyv, options: { store, keyPrefix: 'keyv:' } }
  },
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
