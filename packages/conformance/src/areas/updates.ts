import assert from 'node:assert/strict'
import { bytesCodec } from '@switchyard/core'
import { type Area, onState, onStore } from '../area.ts'
import { assertEntry, entryOf } from '../checks/entries.ts'
import { assertRejects } from '../checks/rejections.ts'

const NOT_INTEGERS = [
  '"1"',
  '1.5',
  'null',
  'true',
  '[1]',
  '{}',
  '',
  ' 1',
  '+1',
  'abc',
  '1,000',
  '0x10',
  'NaN',
  '9007199254740992',
]

export const updates: Area = () => [
  onState('update creates, changes and deletes', async (state) => {
    assert.equal(
      await state.update<number>('key', (n) => (n === undefined ? 1 : assert.fail('it was there'))),
      1,
    )
    assert.equal(await state.update<number>('key', (n = 0) => n + 1), 2)
    assert.equal(await state.get('key'), 2)
    assert.equal(await state.update('key', () => undefined), undefined)
    assert.equal(await state.has('key'), false)
    assert.equal(await state.update('key', () => undefined), undefined)
  }),
  onState('update waits for an async function', async (state) => {
    const made = await state.update<number>('key', async (n = 0) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return n + 1
    })
    assert.equal(made, 1)
    assert.equal(await state.get('key'), 1)
  }),
  onState('update rejects with what its function throws, and changes nothing', async (state) => {
    const { version } = await state.set('key', 1)
    const thrown = new RangeError('no')
    await assert.rejects(
      state.update('key', () => {
        throw thrown
      }),
      thrown,
    )
    await assert.rejects(
      state.update('key', () => Promise.reject(thrown)),
      thrown,
    )
    assert.equal((await state.getEntry('key'))?.version, version)
  }),
  onState('update refuses a result that cannot be kept, and changes nothing', async (state) => {
    await state.set('key', 1)
    await assertRejects(
      state.update<unknown>('key', () => new Map()),
      'NOT_SERIALIZABLE',
    )
    assert.equal(await state.get('key'), 1)
  }),
  onState('update runs again if someone else writes meanwhile', async (state) => {
    await state.set('key', 1)
    const seen: unknown[] = []
    const made = await state.update<number>('key', async (n = 0) => {
      seen.push(n)
      if (seen.length === 1) await state.set('key', 10)
      return n + 1
    })
    assert.deepEqual(seen, [1, 10])
    assert.equal(made, 11)
    assert.equal(await state.get('key'), 11)
  }),
  onState('update runs again if someone else deletes or creates meanwhile', async (state) => {
    const seen: unknown[] = []
    await state.update<number>('key', async (n) => {
      seen.push(n)
      if (seen.length === 1) await state.set('key', 5)
      if (seen.length === 2) await state.delete('key')
      return (n ?? 0) + 1
    })
    assert.deepEqual(seen, [undefined, 5, undefined])
    assert.equal(await state.get('key'), 1)
  }),
  onState(
    'update does not bring back what was deleted and created again with the same value',
    async (state) => {
      await state.set('key', 1)
      let runs = 0
      await state.update<number>('key', async (n = 0) => {
        if (runs++ === 0) {
          await state.delete('key')
          await state.set('key', 1, { ttl: '1h' })
        }
        return n + 1
      })
      assert.equal(runs, 2)
      assert.ok((await state.getEntry('key'))?.expiresAt !== undefined, 'the TTL of the recreated key')
    },
  ),
  onState('increment creates, adds and subtracts', async (state) => {
    assert.equal(await state.increment('key'), 1)
    assert.equal(await state.increment('key', 41), 42)
    assert.equal(await state.increment('key', -50), -8)
    assert.equal(await state.increment('key', 0), -8)
    assert.equal(await state.get('key'), -8)
    assert.equal(await state.increment('zero', 0), 0)
    assert.equal(await state.get('zero'), 0)
  }),
  onState('increment adds to a number that was set', async (state) => {
    await state.set('key', 5)
    assert.equal(await state.increment('key', 2), 7)
    assert.equal(await state.update<number>('key', (n = 0) => n * 2), 14)
    assert.equal(await state.increment('key'), 15)
  }),
  onState('increment goes to the ends of the safe integers, and not beyond', async (state) => {
    const max = Number.MAX_SAFE_INTEGER
    assert.equal(await state.increment('up', max), max)
    assert.equal(await state.increment('down', -max), -max)
    const { key } = await assertRejects(state.increment('up'), 'INVALID_VALUE', 'beyond the largest')
    assert.equal(key ?? 'up', 'up')
    await assertRejects(state.increment('down', -1), 'INVALID_VALUE', 'beyond the smallest')
    assert.deepEqual(await state.getMany(['up', 'down']), [max, -max])
    assert.equal(await state.increment('up', -max), 0)
  }),
  onStore('increments large numbers digit by digit', async (store) => {
    await store.set('key', entryOf('9007199254740981'))
    for (let i = 1; i <= 10; i++) {
      const { results } = await store.write({
        operations: [{ op: 'increment', key: 'key', by: 1, version: `v${i}` }],
      })
      assert.deepEqual(results, [{ op: 'increment', value: 9007199254740981 + i }])
    }
    assertEntry(await store.get('key'), { value: Buffer.from('9007199254740991'), version: 'v10' })
  }),
  ...NOT_INTEGERS.map((text) =>
    onStore(`increment refuses to add to ${JSON.stringify(text)}, and leaves it`, async (store) => {
      const entry = entryOf(text)
      await store.set('key', entry)
      const operation = { op: 'increment', key: 'key', by: 1, version: 'v' } as const
      await assertRejects(store.write({ operations: [operation] }), 'INVALID_VALUE')
      await assertRejects(store.write({ operations: [operation], atomic: true }), 'INVALID_VALUE')
      assertEntry(await store.get('key'), entry)
    }),
  ),
  ...[1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1'].map((by) =>
    onState(`increment refuses to add ${JSON.stringify(by)} (${String(by)})`, async (state) => {
      await assertRejects(state.increment('key', by as number), 'INVALID_VALUE')
      assert.equal(await state.has('key'), false)
    }),
  ),
  onState('increment is refused where numbers are not JSON', async (state) => {
    const files = state.namespace<Uint8Array>('files', { codec: bytesCodec })
    await assertRejects(files.increment('key'), 'NOT_SUPPORTED')
    assert.equal(await state.has('files:key'), false)
  }),
  onState('take gives the value and deletes it', async (state) => {
    await state.set('key', { a: 1 })
    assert.deepEqual(await state.take('key'), { a: 1 })
    assert.equal(await state.take('key'), undefined)
    assert.equal(await state.has('key'), false)
    await state.set('null', null)
    assert.equal(await state.take('null'), null)
  }),
  onState('touch and persist change nothing else', async (state) => {
    await state.set('key', { a: [1] })
    await state.touch('key', '1h')
    assert.deepEqual(await state.get('key'), { a: [1] })
    await state.persist('key')
    assert.deepEqual(await state.get('key'), { a: [1] })
    assert.equal(await state.touch('none', '1h'), false)
    assert.equal(await state.has('none'), false)
  }),
]
