import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { type AnyStore, type Capabilities, definePlugin, isPluginFunction, openStore } from '../src/index.ts'
import { anyOptions, CAPABILITIES, testBackend } from './test-backend.ts'

const withCode = (code: string) => expect.objectContaining({ code })
const open = async (): Promise<never> => {
  throw new Error('not reached')
}

describe('definePlugin', () => {
  const optionsSchema = v.strictObject({ path: v.string(), size: v.optional(v.number()) })

  test('refuses options with their path and the reason, before anything is opened', () => {
    const plugin = definePlugin({ name: 'p', capabilities: CAPABILITIES, optionsSchema, open })
    expect(() => plugin({ path: 5 } as never)).toThrow(withCode('INVALID_OPTIONS'))
    expect(() => plugin({ path: 5 } as never)).toThrow(/'p': path: .*string/)
    expect(() => plugin({ path: '', colour: 1 } as never)).toThrow(/colour/)
    expect(() => plugin(undefined as never)).toThrow(/path/)
    expect(plugin({ path: 'x' }).plugin.name).toBe('p')
  })

  test('wants all options where one is required, and none where all are optional', () => {
    const needsPath = definePlugin({ name: 'p', capabilities: CAPABILITIES, optionsSchema, open })
    const optional = v.object({ size: v.optional(v.number()) })
    const needsNothing = definePlugin({
      name: 'p',
      capabilities: CAPABILITIES,
      optionsSchema: optional,
      open,
    })
    // @ts-expect-error: path is required
    expect(() => needsPath({})).toThrow()
    expect(needsNothing().plugin.name).toBe('p')
  })

  test('freezes the plugin', () => {
    const plugin = definePlugin({ name: 'p', capabilities: CAPABILITIES, optionsSchema: anyOptions, open })
    expect(Object.isFrozen(plugin.plugin)).toBe(true)
    expect(Object.isFrozen(plugin.plugin.capabilities)).toBe(true)
    expect(isPluginFunction(plugin)).toBe(true)
    expect(isPluginFunction(() => undefined)).toBe(false)
  })

  test.each<[string, Partial<Record<keyof Capabilities | 'colour', unknown>>]>([
    ['capabilities.ttl', { ttl: 'sometimes' }],
    ['capabilities.watch', { watch: 'yes' }],
    ['capabilities.durable', { durable: undefined }],
    ['capabilities.maxKeyBytes', { maxKeyBytes: 1025 }],
    ['capabilities.maxValueBytes', { maxValueBytes: 0 }],
    ['capabilities.colour', { colour: true }],
  ])('refuses %s', (field, wrong) => {
    const capabilities = { ...CAPABILITIES, ...wrong } as Capabilities
    const define = () => definePlugin({ name: 'p', capabilities, optionsSchema: anyOptions, open })
    expect(define).toThrow(withCode('INVALID_PLUGIN'))
    expect(define).toThrow(field)
  })

  test('refuses a plugin without a name, a schema or open()', () => {
    const whole = { name: 'p', capabilities: CAPABILITIES, optionsSchema: anyOptions, open }
    for (const part of ['name', 'optionsSchema', 'open']) {
      expect(() => definePlugin({ ...whole, [part]: undefined })).toThrow(withCode('INVALID_PLUGIN'))
    }
  })

  test('tells the capabilities of a backend from its options, where they depend on those', () => {
    const plugin = definePlugin({
      name: 'p',
      capabilities: CAPABILITIES as Capabilities,
      capabilitiesFor: ({ size }) => ({ ...CAPABILITIES, maxValueBytes: size ?? 1000 }),
      optionsSchema,
      open,
    })
    expect(plugin({ path: 'x', size: 7 }).plugin.capabilities.maxValueBytes).toBe(7)
    expect(plugin({ path: 'x' }).plugin.capabilities.maxValueBytes).toBe(1000)
    expect(Object.isFrozen(plugin({ path: 'x' }).plugin.capabilities)).toBe(true)
    expect(() => plugin({ path: 'x', size: -1 })).toThrow(withCode('INVALID_PLUGIN'))
  })

  test('refuses a schema that answers later', () => {
    const optionsSchema = v.pipeAsync(
      v.object({}),
      v.checkAsync(async () => true),
    )
    const plugin = definePlugin({ name: 'p', capabilities: CAPABILITIES, optionsSchema, open })
    expect(() => plugin()).toThrow(/synchronously/)
  })

  test('does not compile where watch is declared and not there', () => {
    definePlugin({
      name: 'p',
      capabilities: { ...CAPABILITIES, watch: true },
      optionsSchema: anyOptions,
      // @ts-expect-error: the store has no watch()
      open: async () => ({}) as AnyStore & { watch?: never },
    })
  })
})

describe('openStore refuses a store that is not what its plugin declares', () => {
  test.each<[string, Partial<AnyStore>, Partial<Capabilities>]>([
    ['without getMany()', { getMany: undefined as never }, {}],
    ['without close()', { close: 5 as never }, {}],
    ['without the watch() it declares', {}, { watch: true }],
    ['with a watch() it does not declare', { watch: async function* () {} }, {}],
    ['without the optimize() it declares', {}, { optimize: true }],
    ["that declares atomicity 'store' and derives it", {}, { atomicity: 'store' }],
    ['that declares transactions and derives them', {}, { transactions: true }],
  ])('%s', async (_, methods, capabilities) => {
    await expect(openStore(testBackend(methods, capabilities))).rejects.toEqual(withCode('INVALID_PLUGIN'))
  })

  test('and tells what the opening failed with', async () => {
    const plugin = definePlugin({
      name: 'p',
      capabilities: CAPABILITIES,
      optionsSchema: anyOptions,
      open: async () => {
        throw new Error('no such disk')
      },
    })
    await expect(openStore(plugin())).rejects.toThrow(/no such disk/)
    await expect(openStore(plugin())).rejects.toEqual(withCode('BACKEND_ERROR'))
  })
})

describe('the edge of a store', () => {
  test('refuses what is not legal before the backend is asked', async () => {
    const asked: string[] = []
    const spy =
      <T>(name: string, answer: T) =>
      (): T => {
        asked.push(name)
        return answer
      }
    const entry = { value: new Uint8Array(1), version: 'v' }
    const store = await openStore(
      testBackend({
        get: spy('get', undefined),
        set: spy('set', undefined),
        delete: spy('delete', true),
        getMany: spy('getMany', Promise.resolve([])),
        write: spy('write', Promise.resolve({ results: [] })),
        list: spy('list', (async function* () {})()),
        stats: spy('stats', Promise.resolve({ keys: 0, bytes: 0, expired: 0 })),
      }),
    )
    const set = (key: string) => ({ op: 'set', key, entry }) as const
    const aborted = { signal: AbortSignal.abort() }
    const list = async (options: object): Promise<void> => {
      for await (const _ of store.list(options)) asked.push('page')
    }
    const refused: [string, () => unknown][] = [
      ['INVALID_KEY', () => store.get('')],
      ['INVALID_KEY', () => store.getMany(['a', '\ud800'])],
      ['INVALID_KEY', () => store.set('a'.repeat(1025), entry)],
      ['INVALID_KEY', () => store.delete('a\0')],
      ['INVALID_KEY', () => store.write({ operations: [set('a'), set('')] })],
      ['INVALID_KEY', () => list({ prefix: '\udc00' })],
      ['INVALID_VALUE', () => store.set('a', { value: new Uint8Array(1001), version: 'v' })],
      ['INVALID_VALUE', () => store.set('a', { value: 'text' as never, version: 'v' })],
      [
        'INVALID_VALUE',
        () => store.write({ operations: [{ op: 'increment', key: 'a', by: 0.5, version: 'v' }] }),
      ],
      ['INVALID_OPTIONS', () => store.write({ operations: [], checks: [{ key: 'a', version: null }] })],
      ['INVALID_OPTIONS', () => list({ limit: 0 })],
      ['NOT_SUPPORTED', () => store.write({ operations: [set('a'), set('b')], atomic: true })],
      ['NOT_SUPPORTED', () => list({ after: 'a' })],
      ['ABORTED', () => store.get('a', aborted)],
      ['ABORTED', () => store.write({ operations: [set('a')] }, aborted)],
      ['ABORTED', () => store.stats(aborted)],
    ]
    for (const [code, call] of refused) await expect(call()).rejects.toEqual(withCode(code))
    expect(asked).toEqual([])
    await store.get('a')
    expect(asked).toEqual(['get'])
    await store.close()
    for (const call of [() => store.get('a'), () => store.stats(), () => list({})]) {
      await expect(call()).rejects.toEqual(withCode('CLOSED'))
    }
  })
})
