import { join } from 'node:path'
import { bytesCodec, type Codec, createState, jsonCodec, type State } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type KeyvOptions, keyv } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Something that is there and has to be put away: what both versions of Keyv are to a test. */
export interface AnyKeyv {
  set(key: string, value: unknown, ttl?: number): Promise<boolean>
  get(key: string): Promise<unknown>
}

export interface Written {
  readonly name: string
  /** A Keyv, and the options of a backend over what it writes. */
  readonly open: () => { readonly keyv: AnyKeyv; readonly options: KeyvOptions }
}

export async function openState(options: KeyvOptions, codec: Codec = jsonCodec): Promise<State> {
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

/** What a Keyv has written is read, moved and changed here. */
export function readsWhatWasWritten({ name, open }: Written): void {
  describe(`what was written by ${name}`, () => {
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
}
