import { describe, expect, it } from 'vitest'
import { checkedStore } from '../src/checked-store.ts'
import type { AnyStore, Capabilities, Entry, Operation } from '../src/index.ts'
import { capabilities, codeOf, collect, failureOf, manualClock, mapStore, turn } from './test-state.ts'

/** The edge over a store that notes each call. */
function recording(changed: Partial<Capabilities> = {}, replace: Partial<AnyStore> = {}) {
  const calls: string[] = []
  const inner: AnyStore = { ...mapStore(manualClock()), ...replace }
  const noted = Object.fromEntries(
    Object.entries(inner).map(([name, method]) => [
      name,
      (...args: unknown[]) => {
        calls.push(name)
        return (method as (...given: unknown[]) => unknown)(...args)
      },
    ]),
  ) as unknown as AnyStore
  return { calls, store: checkedStore(noted, 'main', { ...capabilities, ...changed }) }
}

const entry: Entry = { value: Buffer.from('1'), version: 'v' }
const aborted = { signal: AbortSignal.abort(new Error('mine')) }
const set = (key: string, value: Uint8Array = entry.value): Operation => ({
  op: 'set',
  key,
  entry: { ...entry, value },
})

const refusals: readonly [string, (store: AnyStore) => unknown, string, Partial<Capabilities>?][] = [
  ['an empty key in get', (store) => store.get(''), 'INVALID_KEY'],
  ['NUL in set', (store) => store.set('\0', entry), 'INVALID_KEY'],
  ['half a surrogate pair in delete', (store) => store.delete('\ud800'), 'INVALID_KEY'],
  ['one wrong key of many', (store) => store.getMany(['a', '']), 'INVALID_KEY'],
  ['a wrong key in a batch', (store) => store.write({ operations: [set('a'), set('')] }), 'INVALID_KEY'],
  [
    'a wrong key in a check',
    (store) => store.write({ operations: [], checks: [{ key: '', version: null }], atomic: true }),
    'INVALID_KEY',
  ],
  [
    'a key longer than the backend takes',
    (store) => store.get('é'.repeat(6)),
    'INVALID_KEY',
    { maxKeyBytes: 11 },
  ],
  ['a prefix with NUL', (store) => collect(store.list({ prefix: '\0' })), 'INVALID_KEY'],
  ['an empty key to list from', (store) => collect(store.list({ after: '' })), 'INVALID_KEY'],
  [
    'a value that is too large',
    (store) => store.set('a', { ...entry, value: new Uint8Array(9) }),
    'INVALID_VALUE',
    { maxValueBytes: 8 },
  ],
  [
    'a value that is too large in a batch',
    (store) => store.write({ operations: [set('a', new Uint8Array(9))] }),
    'INVALID_VALUE',
    { maxValueBytes: 8 },
  ],
  [
    'a value that is not bytes',
    (store) => store.set('a', { ...entry, value: 'text' as never }),
    'INVALID_VALUE',
  ],
  [
    'an increment by a fraction',
    (store) => store.write({ operations: [{ op: 'increment', key: 'a', by: 0.5, version: 'v' }] }),
    'INVALID_VALUE',
  ],
  [
    'an increment beyond safe integers',
    (store) => store.write({ operations: [{ op: 'increment', key: 'a', by: 2 ** 53, version: 'v' }] }),
    'INVALID_VALUE',
  ],
  [
    'checks without atomic',
    (store) => store.write({ operations: [set('a')], checks: [{ key: 'a', version: null }] }),
    'INVALID_OPTIONS',
  ],
  ['a limit of 0', (store) => collect(store.list({ limit: 0 })), 'INVALID_OPTIONS'],
  ['a limit of 1.5', (store) => collect(store.list({ limit: 1.5 })), 'INVALID_OPTIONS'],
  [
    'a transaction without transactions',
    (store) => store.write({ operations: [set('a'), set('b')], atomic: true }),
    'NOT_SUPPORTED',
    { transactions: false },
  ],
  [
    'a check beside a write without transactions',
    (store) => store.write({ operations: [set('a')], checks: [{ key: 'b', version: null }], atomic: true }),
    'NOT_SUPPORTED',
    { transactions: false },
  ],
  [
    'a listing from a key on without order',
    (store) => collect(store.list({ after: 'a' })),
    'NOT_SUPPORTED',
    { ordered: false },
  ],
  ['an aborted get', (store) => store.get('a', aborted), 'ABORTED'],
  ['an aborted getMany', (store) => store.getMany(['a'], aborted), 'ABORTED'],
  ['an aborted set', (store) => store.set('a', entry, aborted), 'ABORTED'],
  ['an aborted delete', (store) => store.delete('a', aborted), 'ABORTED'],
  ['an aborted write', (store) => store.write({ operations: [set('a')] }, aborted), 'ABORTED'],
  ['an aborted list', (store) => collect(store.list(aborted)), 'ABORTED'],
  ['an aborted stats', (store) => store.stats(aborted), 'ABORTED'],
  ['an aborted cleanup', (store) => store.cleanup(aborted), 'ABORTED'],
]

describe('the edge of a store', () => {
  it.each(refusals)('refuses %s before the backend is asked', async (_, call, code, changed) => {
    const { calls, store } = recording(changed)
    expect(await codeOf(() => call(store))).toBe(code)
    expect(calls).toEqual([])
  })

  it('rejects, and does not throw, where a promise is promised', async () => {
    const { store } = recording()
    for (const call of [() => store.get(''), () => store.set('', entry), () => store.delete('')]) {
      const answer = call()
      expect(answer).toBeInstanceOf(Promise)
      await expect(answer).rejects.toMatchObject({ code: 'INVALID_KEY' })
    }
  })

  it('tells why it was aborted', async () => {
    const { store } = recording()
    expect((await failureOf(() => store.get('a', aborted))).cause).toEqual(new Error('mine'))
  })

  it('does not ask the backend for nothing', async () => {
    const { calls, store } = recording()
    expect(await store.getMany([])).toEqual([])
    expect(await store.write({ operations: [] })).toEqual({ results: [] })
    expect(calls).toEqual([])
  })

  it('asks where there are only checks', async () => {
    const { store } = recording()
    expect(
      await store.write({ operations: [], checks: [{ key: 'a', version: null }], atomic: true }),
    ).toEqual({ results: [] })
    expect(
      await codeOf(() => store.write({ operations: [], checks: [{ key: 'a', version: 'x' }], atomic: true })),
    ).toBe('CONFLICT')
  })

  it('allows an atomic batch of one operation without transactions', async () => {
    const { store } = recording({ transactions: false })
    expect((await store.write({ operations: [set('a')], atomic: true })).results).toEqual([{ op: 'set' }])
  })

  it('passes what is at the limits', async () => {
    const { store } = recording({ maxKeyBytes: 12, maxValueBytes: 8 })
    await store.set('é'.repeat(6), { ...entry, value: new Uint8Array(8) })
    expect((await store.get('é'.repeat(6)))?.value.byteLength).toBe(8)
  })

  it('answers at once where the store does', () => {
    const { store } = recording()
    expect(store.get('a')).toBeUndefined()
    expect(store.set('a', entry)).toBeUndefined()
    expect(store.get('a')).toBe(entry)
    expect(store.delete('a')).toBe(true)
  })

  it('has the optional parts that the store has, called on the store', async () => {
    const extra = {
      name: 'inner',
      async optimize(this: { name: string }) {
        expect(this.name).toBe('inner')
        return { bytesBefore: 2, bytesAfter: 1 }
      },
      async checkHealth(this: { name: string }) {
        return { healthy: true, reason: this.name }
      },
    }
    const store = checkedStore({ ...mapStore(manualClock()), ...extra }, 'main', capabilities)
    expect(await store.optimize?.()).toEqual({ bytesBefore: 2, bytesAfter: 1 })
    expect(await store.checkHealth?.()).toEqual({ healthy: true, reason: 'inner' })
    expect(store.watch).toBeUndefined()
    expect(await codeOf(() => store.optimize?.(aborted))).toBe('ABORTED')
    expect(await codeOf(() => store.checkHealth?.(aborted))).toBe('ABORTED')
    const { store: plain } = recording()
    expect([plain.watch, plain.optimize, plain.checkHealth]).toEqual([undefined, undefined, undefined])
  })
})

describe('close() at the edge of a store', () => {
  it('closes the store once, and everyone waits for it', async () => {
    const gate = Promise.withResolvers<void>()
    const { calls, store } = recording({}, { close: () => gate.promise })
    const closings = [store.close(), store.close()]
    let closed = false
    const all = Promise.all(closings).then(() => {
      closed = true
    })
    await turn()
    expect(closed).toBe(false)
    gate.resolve()
    await all
    await store.close()
    expect(calls).toEqual(['close'])
  })

  it('refuses everything from then on, before the backend is asked', async () => {
    const { calls, store } = recording()
    const closing = store.close()
    for (const call of [
      () => store.get('a'),
      () => store.getMany([]),
      () => store.set('a', entry),
      () => store.delete('a'),
      () => store.write({ operations: [] }),
      () => collect(store.list()),
      () => store.stats(),
      () => store.cleanup(),
    ]) {
      expect(await codeOf(call)).toBe('CLOSED')
    }
    await closing
    expect(calls).toEqual(['close'])
  })
})
