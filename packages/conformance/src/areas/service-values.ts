import assert from 'node:assert/strict'
import { bytesCodec, structuredCloneCodec } from '@switchyard/core'
import type { Area } from '../area.ts'
import { onState } from '../area.ts'
import { collect } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'

const JSON_VALUES: Readonly<Record<string, unknown>> = {
  null: null,
  'true and false': [true, false],
  zero: 0,
  'the empty string': '',
  'the empty array and object': [[], {}],
  'a string of digits': '123',
  "the string 'null'": 'null',
  'numbers of all sizes': [1, -1, 1.5, 1e-7, 1e21, 5e-324, 1.7976931348623157e308, 2 ** 53, -(2 ** 53)],
  'text of many languages': 'héllo 你好 مرحبا 💡 \u2028 \u0000 \ufeff',
  'a lone surrogate in a string': 'a\ud800b',
  'nested data': { a: { b: [{ c: null }, [[1], []], 'x'] }, '': 0, ' ': false },
  'an own property __proto__': JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}'),
}

class Point {
  readonly x = 1
}

const LOSSY_VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  NaN: () => Number.NaN,
  'an infinity': () => [Number.POSITIVE_INFINITY],
  'a Date': () => ({ at: new Date(0) }),
  'a Map': () => new Map([[1, 2]]),
  'a Set': () => [new Set()],
  'a BigInt': () => 1n,
  'a function': () => () => 1,
  'a symbol': () => Symbol('s'),
  'an instance of a class': () => new Point(),
  'a nested undefined': () => ({ a: undefined }),
  bytes: () => new Uint8Array([1]),
  'a cycle'() {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    return cycle
  },
}

/** What the service makes of values on this store. */
export const serviceValues: Area = () => [
  ...Object.entries(JSON_VALUES).map(([name, value]) =>
    onState(`gives back as a JSON value: ${name}`, async (state) => {
      await state.set('key', value)
      assert.deepEqual(await state.get('key'), value)
      assert.deepEqual((await state.getEntry('key'))?.value, value)
      assert.deepEqual(await state.getMany(['none', 'key']), [undefined, value])
      assert.deepEqual(
        (await collect(state.entries())).map((entry) => entry.value),
        [value],
      )
      assert.equal(await state.has('key'), true)
      assert.deepEqual(await state.take('key'), value)
    }),
  ),
  ...Object.entries(LOSSY_VALUES).map(([name, make]) =>
    onState(`refuses what JSON would change: ${name}`, async (state) => {
      await state.set('key', 'before')
      await assertRejects(state.set('key', make()), 'NOT_SERIALIZABLE', 'set')
      const entries = [
        { key: 'other', value: 1 },
        { key: 'key', value: make() },
      ]
      await assertRejects(state.setMany(entries), 'NOT_SERIALIZABLE', 'setMany')
      assert.deepEqual(await state.getMany(['key', 'other']), ['before', undefined])
    }),
  ),
  onState('is not changed by changes to what was passed in', async (state) => {
    const value = { list: [1] }
    const written = state.set('key', value)
    value.list.push(2)
    await written
    value.list.push(3)
    assert.deepEqual(await state.get('key'), { list: [1] })
  }),
  onState('is not changed by changes to what was given back', async (state) => {
    await state.set('key', { list: [1] })
    for (const read of [
      () => state.get<{ list: number[] }>('key'),
      async () => (await state.getEntry<{ list: number[] }>('key'))?.value,
      async () => (await state.getMany<{ list: number[] }>(['key']))[0],
      async () => (await collect(state.entries<{ list: number[] }>()))[0]?.value,
    ]) {
      ;(await read())?.list.push(2)
      assert.deepEqual(await state.get('key'), { list: [1] })
    }
  }),
  onState('is not changed by changes to what update() was given and gave back', async (state) => {
    await state.set('key', { list: [1] })
    await assert.rejects(
      state.update<{ list: number[] }>('key', (value) => {
        value?.list.push(2)
        throw new Error('thought better of it')
      }),
    )
    assert.deepEqual(await state.get('key'), { list: [1] })
    const made = await state.update<{ list: number[] }>('key', (value) => ({
      list: [...(value?.list ?? []), 2],
    }))
    made?.list.push(3)
    assert.deepEqual(await state.get('key'), { list: [1, 2] })
  }),
  onState('never aliases bytes', async (state) => {
    const files = state.namespace<Uint8Array>('files', { codec: bytesCodec })
    const bytes = Uint8Array.from([1, 2, 3])
    await files.set('key', bytes)
    bytes.fill(9)
    const found = await files.get('key')
    assert.deepEqual([...(found ?? [])], [1, 2, 3])
    found?.fill(8)
    assert.deepEqual([...((await files.get('key')) ?? [])], [1, 2, 3])
  }),
  onState('gives back exact bytes through the bytes codec', async (state) => {
    const files = state.namespace<Uint8Array>('files', { codec: bytesCodec })
    for (const bytes of [
      new Uint8Array(0),
      Uint8Array.from({ length: 256 }, (_, i) => i),
      Buffer.from('{"a":1}'),
    ]) {
      await files.set('key', bytes)
      assert.deepEqual([...((await files.get('key')) ?? [1, 1])], [...bytes])
    }
  }),
  onState('gives back Map, Set, Date and BigInt through the structured clone codec', async (state) => {
    const cloned = state.namespace('cloned', { codec: structuredCloneCodec })
    const value = { map: new Map([[1, new Set(['a'])]]), date: new Date(1), big: 2n ** 70n, none: undefined }
    await cloned.set('key', value)
    assert.deepEqual(await cloned.get('key'), value)
  }),
  onState('never takes bytes for JSON, nor JSON for bytes', async (state) => {
    const files = state.namespace<Uint8Array>('files', { codec: bytesCodec })
    await files.set('key', Buffer.from('123'))
    await assertRejects(state.get('files:key'), 'CODEC_MISMATCH', 'reading bytes as JSON')
    await state.set('files:key', 123)
    await assertRejects(files.get('key'), 'CODEC_MISMATCH', 'reading JSON as bytes')
    await assertRejects(files.getMany(['key']), 'CODEC_MISMATCH', 'reading JSON as bytes')
  }),
]
