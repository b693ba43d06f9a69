import { describe, expect, it } from 'vitest'
import {
  type AnyStore,
  type BasicStore,
  createState,
  defineStore,
  type Entry,
  isStateError,
  type ListedEntry,
  openStore,
} from '../src/index.ts'
import { backendOf, codeOf, collect, manualClock, turn } from './test-state.ts'

interface Basic extends BasicStore {
  readonly entries: Map<string, Entry>
}

/** The least that a backend can be; each call takes a turn of the event loop. */
function basicStore(replace: Partial<BasicStore> = {}): Basic {
  const entries = new Map<string, Entry>()
  return {
    entries,
    async get(key) {
      await turn()
      return entries.get(key)
    },
    async set(key, entry) {
      await turn()
      entries.set(key, entry)
    },
    async delete(key) {
      await turn()
      entries.delete(key)
    },
    async *list({ prefix }) {
      yield [...entries].filter(([key]) => key.startsWith(prefix)).map(([key, entry]) => ({ key, entry }))
    },
    close() {},
    ...replace,
  }
}

const clock = manualClock()
let count = 0
const entry = (text = 'x', expiresAt?: number): Entry => ({
  value: Buffer.from(text),
  version: `v${count++}`,
  ...(expiresAt === undefined ? {} : { expiresAt }),
})
const keysOf = async (store: AnyStore): Promise<string[]> =>
  (await collect(store.list())).flat().map(({ key }) => key)

describe('what is derived from get, set, delete, list and close', () => {
  it('hides what has expired everywhere', async () => {
    const store = defineStore(basicStore(), { clock })
    await store.set('old', entry('1', clock.now()))
    await store.set('new', entry('2', clock.now() + 1))
    expect(await store.get('old')).toBeUndefined()
    expect((await store.getMany(['old', 'new'])).map((found) => found !== undefined)).toEqual([false, true])
    expect(await keysOf(store)).toEqual(['new'])
    expect(await store.stats()).toMatchObject({ keys: 1, expired: 1 })
    expect(await store.delete('old')).toBe(false)
  })

  it('lets an expired entry be in nobody’s way', async () => {
    const store = defineStore(basicStore(), { clock })
    const expired = entry('5', clock.now())
    for (const key of ['a', 'b', 'c']) await store.set(key, expired)
    await store.set('a', entry(), { ifVersion: null })
    expect(await codeOf(() => store.set('b', entry(), { ifVersion: expired.version }))).toBe('CONFLICT')
    expect(await codeOf(() => store.delete('b', { ifVersion: expired.version }))).toBe('CONFLICT')
    const { results } = await store.write({
      operations: [{ op: 'increment', key: 'c', by: 2, version: 'n' }],
    })
    expect(results).toEqual([{ op: 'increment', value: 2 }])
  })

  it('checks versions, and changes nothing where a check fails', async () => {
    const store = defineStore(basicStore(), { clock })
    const first = entry('first')
    await store.set('a', first, { ifVersion: null })
    expect(await codeOf(() => store.set('a', entry(), { ifVersion: null }))).toBe('CONFLICT')
    expect(await codeOf(() => store.set('a', entry(), { ifVersion: 'other' }))).toBe('CONFLICT')
    expect(await codeOf(() => store.delete('a', { ifVersion: 'other' }))).toBe('CONFLICT')
    expect(await codeOf(() => store.delete('nothing', { ifVersion: 'other' }))).toBe('CONFLICT')
    expect(await store.get('a')).toEqual(first)
    await store.set('a', entry('second'), { ifVersion: first.version })
    expect(await store.delete('a')).toBe(true)
  })

  it('increments exactly under concurrency, from everywhere in this process', async () => {
    const store = defineStore(basicStore(), { clock })
    const increments = Array.from({ length: 100 }, (_, i) =>
      store.write({ operations: [{ op: 'increment', key: 'n', by: 1, version: `n${i}` }] }),
    )
    const values = (await Promise.all(increments)).map(
      ({ results }) => (results[0] as { value: number }).value,
    )
    expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(Buffer.from((await store.get('n'))?.value ?? []).toString()).toBe('100')
  })

  it('lets one of many create a key', async () => {
    const store = defineStore(basicStore(), { clock })
    const sets = Array.from({ length: 20 }, () => store.set('a', entry(), { ifVersion: null }))
    const results = await Promise.allSettled(sets)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('does not let one key wait for another', async () => {
    const gate = Promise.withResolvers<void>()
    const basic = basicStore()
    const slow: BasicStore = {
      ...basic,
      set: (key, one) => (key === 'slow' ? gate.promise : basic.set(key, one)),
    }
    const store = defineStore(slow, { clock })
    const waiting = store.set('slow', entry())
    await store.set('fast', entry())
    gate.resolve()
    await waiting
  })

  it('goes on with a key after an operation on it has failed', async () => {
    const basic = basicStore()
    let fails = true
    const store = defineStore(
      {
        ...basic,
        async set(key, one) {
          if (fails) throw new Error('disk')
          await basic.set(key, one)
        },
      },
      { clock },
    )
    await expect(store.set('a', entry())).rejects.toThrow('disk')
    fails = false
    await store.set('a', entry())
    expect(await store.get('a')).toBeDefined()
  })

  it('names what a batch did not apply', async () => {
    const basic = basicStore()
    const store = defineStore(
      {
        ...basic,
        async set(key, one) {
          if (key === 'b') throw new Error('disk')
          await basic.set(key, one)
        },
      },
      { clock },
    )
    const operations = ['a', 'b', 'c'].map((key) => ({ op: 'set', key, entry: entry() }) as const)
    await expect(store.write({ operations })).rejects.toMatchObject({
      code: 'BACKEND_ERROR',
      notApplied: ['b', 'c'],
    })
    expect(await keysOf(store)).toEqual(['a'])
  })

  it('cuts pages to the limit and leaves entries out if asked', async () => {
    const store = defineStore(basicStore(), { clock })
    for (let i = 0; i < 5; i++) await store.set(`k${i}`, entry())
    const pages = await collect(store.list({ limit: 2, keysOnly: true }))
    expect(pages).toEqual([[{ key: 'k0' }, { key: 'k1' }], [{ key: 'k2' }, { key: 'k3' }], [{ key: 'k4' }]])
  })

  it('counts keys and their bytes, unless the backend can count better', async () => {
    const store = defineStore(basicStore(), { clock })
    await store.set('é', entry('12345'))
    expect(await store.stats()).toEqual({ keys: 1, bytes: 7, expired: 0 })
    const own = { keys: 9, bytes: 9, expired: 9 }
    expect(await defineStore(basicStore({ stats: async () => own }), { clock }).stats()).toEqual(own)
  })

  it('reads many keys in one call where the backend can', async () => {
    const asked: (readonly string[])[] = []
    const expired = entry('1', clock.now())
    const store = defineStore(
      basicStore({
        async getMany(keys) {
          asked.push(keys)
          return [undefined, expired, entry('3')]
        },
      }),
      { clock },
    )
    expect((await store.getMany(['a', 'b', 'c'])).map((found) => found !== undefined)).toEqual([
      false,
      false,
      true,
    ])
    expect(asked).toEqual([['a', 'b', 'c']])
  })

  it('calls the methods of a backend written as a class on its object', async () => {
    class Backend implements BasicStore {
      readonly #entries = new Map<string, Entry>()
      get(key: string): Entry | undefined {
        return this.#entries.get(key)
      }
      set(key: string, one: Entry): void {
        this.#entries.set(key, one)
      }
      delete(key: string): void {
        this.#entries.delete(key)
      }
      async *list(): AsyncGenerator<readonly Required<ListedEntry>[]> {
        yield [...this.#entries].map(([key, one]) => ({ key, entry: one }))
      }
      async optimize(): Promise<{ bytesBefore: number; bytesAfter: number }> {
        return { bytesBefore: this.#entries.size, bytesAfter: 0 }
      }
      close(): void {
        this.#entries.clear()
      }
    }
    const store = defineStore(new Backend(), { clock })
    await store.set('a', entry())
    expect(await keysOf(store)).toEqual(['a'])
    expect(await store.optimize?.()).toEqual({ bytesBefore: 1, bytesAfter: 0 })
    expect(await store.delete('a')).toBe(true)
    await store.close()
  })
})

describe('a derived cleanup', () => {
  it('removes what has expired, tells the keys, and nothing else', async () => {
    const basic = basicStore()
    const store = defineStore(basic, { clock })
    await store.set('old', entry('1', clock.now()))
    await store.set('new', entry('2', clock.now() + 1))
    const told: (readonly string[])[] = []
    expect(await store.cleanup({ onRemoved: (keys) => told.push(keys) })).toEqual({ removed: 1 })
    expect(told).toEqual([['old']])
    expect([...basic.entries.keys()]).toEqual(['new'])
  })

  it('leaves a newer write to the key alone', async () => {
    const basic = basicStore()
    const fresh = entry('fresh')
    const store = defineStore(
      {
        ...basic,
        async *list(options) {
          for await (const page of basic.list(options)) {
            // Another process, between the listing and the removal.
            basic.entries.set('a', fresh)
            yield page
          }
        },
      },
      { clock },
    )
    basic.entries.set('a', entry('old', clock.now()))
    expect(await store.cleanup()).toEqual({ removed: 0 })
    expect(await store.get('a')).toEqual(fresh)
  })
})

describe('a derived close', () => {
  it('waits for reads and writes in flight before it closes the backend', async () => {
    const gates = new Map(['get', 'set'].map((name) => [name, Promise.withResolvers<undefined>()]))
    const order: string[] = []
    const gated = async (name: string): Promise<undefined> => {
      await gates.get(name)?.promise
      order.push(name)
      return undefined
    }
    const store = defineStore(
      basicStore({ get: () => gated('get'), set: () => gated('set'), close: () => void order.push('close') }),
      { clock },
    )
    const working = [store.get('a'), store.set('b', entry())]
    const closing = store.close()
    await turn()
    expect(order).toEqual([])
    gates.get('set')?.resolve(undefined)
    gates.get('get')?.resolve(undefined)
    await Promise.all([...working, closing])
    expect(order).toEqual(['set', 'get', 'close'])
  })

  it('waits for those that still wait for their turn', async () => {
    const basic = basicStore()
    let closedWith = 0
    const close = (): void => {
      closedWith = basic.entries.size
    }
    const store = defineStore({ ...basic, close }, { clock })
    const sets = Array.from({ length: 10 }, (_, i) => store.set('same', entry(String(i))))
    const others = Array.from({ length: 10 }, (_, i) => store.set(`k${i}`, entry()))
    await store.close()
    await Promise.all([...sets, ...others])
    expect(closedWith).toBe(11)
  })
})

describe('a plugin that leaves write() to defineStore()', () => {
  it.each([
    ["atomicity: 'store'", { atomicity: 'store' as const, transactions: false }],
    ['transactions', { transactions: true }],
  ])('cannot declare %s', async (_, declared) => {
    let closed = false
    const close = (): void => {
      closed = true
    }
    const store = defineStore(basicStore({ close }), { clock })
    expect(await codeOf(() => openStore(backendOf(store, declared)))).toBe('INVALID_PLUGIN')
    expect(closed).toBe(true)
  })

  it('refuses transactions over several keys, and serves the rest', async () => {
    const store = defineStore(basicStore(), { clock })
    const backend = backendOf(store, { transactions: false, ordered: false })
    const state = await createState({ backends: { backend }, cleanupInterval: false, clock })
    const set = (key: string) => ({ op: 'set', key, value: 1 }) as const
    await state.transaction({ operations: [set('a')] })
    const many = state.transaction({ operations: [set('b'), set('c')] })
    await expect(many).rejects.toSatisfy((error) => isStateError(error, 'NOT_SUPPORTED'))
    const checked = state.transaction({ checks: [{ key: 'b', version: null }], operations: [set('c')] })
    await expect(checked).rejects.toSatisfy((error) => isStateError(error, 'NOT_SUPPORTED'))
    expect(await state.keys().page()).toEqual({ items: ['a'] })
    await state.close()
  })
})
