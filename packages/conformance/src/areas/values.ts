import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { AnyStore } from '@switchyard/core'
import type { Area, Case } from '../area.ts'
import { onStore } from '../area.ts'
import { assertBytes, assertEntry, entryOf } from '../checks/entries.ts'
import { listAll } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'

const MIB = 1024 * 1024
/** A declared limit up to here is tried out exactly; of a larger one only that this much works. */
const LARGEST_TRIED = 64 * MIB
const LARGE = 8 * MIB

const SAMPLES: Readonly<Record<string, Uint8Array>> = {
  'no bytes': new Uint8Array(0),
  'a zero byte': Buffer.from([0]),
  'zero bytes around others': Buffer.from([0, 97, 0, 98, 0, 0]),
  'all 256 bytes': Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  'bytes that are no UTF-8': Buffer.from([0xff, 0xfe, 0x80, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf5]),
  'a byte order mark': Buffer.from('\ufefftext'),
  'line ends': Buffer.from('a\r\nb\nc\rd\n'),
  'text that looks like a number': Buffer.from('0123'),
  'text that looks like JSON': Buffer.from('{"a": 1, "b": [null]} '),
  'text that looks like Base64': Buffer.from('AAECAw=='),
  'spaces at its ends': Buffer.from('  a  '),
  'text of many languages': Buffer.from('héllo wörld 你好 مرحبا 💡 e\u0301'),
}

export const values: Area = ({ maxValueBytes }) => [
  ...Object.entries(SAMPLES).map(([name, value]) =>
    onStore(`gives back ${name}`, (store) => assertKept(store, value.subarray(0, maxValueBytes))),
  ),
  ...[1000, 64 * 1024, MIB, MIB + 1]
    .filter((bytes) => bytes <= maxValueBytes)
    .map((bytes) =>
      onStore(`gives back ${bytes.toLocaleString('en')} random bytes`, (store) =>
        assertKept(store, randomBytes(bytes)),
      ),
    ),
  limitCase(maxValueBytes),
  onStore('replaces a long value by a short one and back', async (store) => {
    for (const bytes of [5000, 1, 5000, 0, 300])
      await assertKept(store, randomBytes(Math.min(bytes, maxValueBytes)))
  }),
  onStore('keeps what a view shows, not the buffer behind it', async (store) => {
    const all = randomBytes(64)
    await assertKept(store, all.subarray(10, 20))
    await assertKept(store, new Uint8Array(all.buffer, all.byteOffset + 3, 7))
  }),
  onStore('takes a Uint8Array as well as a Buffer', async (store) => {
    await assertKept(store, new Uint8Array([1, 2, 3]))
    await assertKept(store, Buffer.from([1, 2, 3]))
  }),
  onStore('leaves what was read alone when others are read and written', async (store) => {
    const entries = ['a', 'b', 'c'].map((key) => ({ key, entry: entryOf(key.repeat(100)) }))
    for (const { key, entry } of entries) await store.set(key, entry)
    const found = []
    for (const { key } of entries) found.push(await store.get(key))
    await store.set('a', entryOf('z'.repeat(100)))
    await store.getMany(['b', 'c', 'a'])
    for await (const _ of store.list()) await store.set('b', entryOf('y'.repeat(100)))
    for (const [i, { key, entry }] of entries.entries())
      assertEntry(found[i], entry, `what was read of '${key}'`)
  }),
  onStore('leaves what was listed alone when the keys are written', async (store) => {
    const a = entryOf('first')
    await store.set('a', a)
    const listed = await listAll(store)
    const [many] = await store.getMany(['a'])
    await store.set('a', entryOf('other'))
    assertEntry(listed[0]?.entry, a, 'the listed entry')
    assertEntry(many, a, 'the entry by getMany')
  }),
  onStore('keeps values of many sizes beside each other', async (store) => {
    const sizes = [0, 1, 2, 127, 128, 255, 256, 1023, 1024, 4095, 4096, 4097, 65535, 65536]
    const entries = sizes.map((bytes) => entryOf(randomBytes(Math.min(bytes, maxValueBytes))))
    await store.write({ operations: entries.map((entry, i) => ({ op: 'set', key: `k${i}`, entry })) })
    const found = await store.getMany(entries.map((_, i) => `k${i}`))
    for (const [i, entry] of entries.entries()) assertEntry(found[i], entry, `the value of ${sizes[i]} bytes`)
  }),
  ...Object.entries({
    'a string': 'text',
    'an ArrayBuffer': new ArrayBuffer(3),
    'an array': [1],
    null: null,
  }).map(([name, value]) =>
    onStore(`refuses as a value: ${name}`, async (store) => {
      const entry = { value: value as never, version: 'v' }
      await assertRejects(store.set('a', entry), 'INVALID_VALUE', 'set')
      await assertRejects(
        store.write({ operations: [{ op: 'set', key: 'a', entry }] }),
        'INVALID_VALUE',
        'write',
      )
      assert.equal(await store.get('a'), undefined)
    }),
  ),
]

function limitCase(maxValueBytes: number): Case {
  const limit = maxValueBytes.toLocaleString('en')
  if (maxValueBytes > LARGEST_TRIED) {
    return onStore(`takes a value of 8 MiB, as its limit is ${limit} bytes`, async (store) => {
      await assertKept(store, Buffer.alloc(LARGE, 'switchyard'))
    })
  }
  return onStore(`takes a value of exactly ${limit} bytes, and none of one more`, async (store) => {
    await assertKept(store, Buffer.alloc(maxValueBytes, 'switchyard'))
    const tooLong = entryOf(Buffer.alloc(maxValueBytes + 1))
    await assertRejects(store.set('long', tooLong), 'INVALID_VALUE', 'set')
    await assertRejects(
      store.write({ operations: [{ op: 'set', key: 'long', entry: tooLong }] }),
      'INVALID_VALUE',
      'write',
    )
    assert.equal(await store.get('long'), undefined)
  })
}

/** By every way of reading it. */
async function assertKept(store: AnyStore, value: Uint8Array): Promise<void> {
  const copy = Buffer.from(value)
  const entry = entryOf(value)
  await store.set('key', entry)
  assertBytes(value, copy, 'the value that was handed over')
  assertEntry(await store.get('key'), entry, 'the entry by get')
  assertEntry((await store.getMany(['key']))[0], entry, 'the entry by getMany')
  assertEntry((await listAll(store))[0]?.entry, entry, 'the entry by list')
}
