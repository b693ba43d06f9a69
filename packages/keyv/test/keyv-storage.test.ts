import { createState, type State } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { Keyv as Keyv6 } from 'keyv'
import { Keyv as Keyv5 } from 'keyv-5'
import { describe, expect, onTestFinished, test } from 'vitest'
import { keyvStorage } from '../src/index.ts'

/** What both versions have. */
interface AnyKeyv {
  set(key: string, value: unknown, ttl?: number): Promise<boolean>
  get(key: string): Promise<unknown>
  has(key: string): Promise<boolean>
  delete(key: string): Promise<boolean>
  clear(): Promise<void>
  disconnect(): Promise<void>
  on(event: string, listener: (error: unknown) => void): unknown
}

type Open = (state: State, options?: object) => AnyKeyv
const VERSIONS: readonly [string, Open][] = [
  ['5', (state, options) => new Keyv5({ store: keyvStorage(state), ...options }) as AnyKeyv],
  ['6', (state, options) => new Keyv6({ store: keyvStorage(state), ...options }) as unknown as AnyKeyv],
]

async function openState(): Promise<State> {
  const state = await createState({ backends: { memory: memory() } })
  onTestFinished(() => state.close())
  return state
}

describe.each(VERSIONS)('Keyv %s', (_, open) => {
  test('keeps values and TTLs in the state', async () => {
    const state = await openState()
    const keyv = open(state)
    await keyv.set('a', { n: 1 })
    const before = Date.now()
    await keyv.set('b', 2, 60_000)
    expect(await keyv.get('a')).toEqual({ n: 1 })
    expect(await keyv.has('b')).toBe(true)
    const entries = await state.entries().page()
    const expiring = entries.items.find(({ key }) => key.endsWith('b'))
    expect(expiring?.expiresAt).toBeGreaterThanOrEqual(before + 59_000)
    expect(await keyv.delete('a')).toBe(true)
    expect(await keyv.get('a')).toBeUndefined()
  })

  test('clears its own namespace only', async () => {
    const state = await openState()
    const [one, two] = [open(state, { namespace: 'one' }), open(state, { namespace: 'two' })]
    await state.set('not of Keyv', 1)
    await one.set('key', 1)
    await two.set('key', 2)
    await one.clear()
    expect(await one.get('key')).toBeUndefined()
    expect(await two.get('key')).toBe(2)
    expect(await state.get('not of Keyv')).toBe(1)
  })

  test('tells of failures', async () => {
    const state = await openState()
    const keyv = open(state)
    const told: unknown[] = []
    keyv.on('error', (error) => void told.push(error))
    await state.close()
    await keyv.get('key').catch(() => undefined)
    await keyv.set('key', 1).catch(() => undefined)
    expect(told.length).toBeGreaterThanOrEqual(2)
    expect(told.every((error) => (error as { code?: string }).code === 'CLOSED')).toBe(true)
  })

  test('leaves the state open when it is disconnected', async () => {
    const state = await openState()
    await open(state).disconnect()
    await state.set('key', 1)
  })
})

test('Keyv 5 rejects if it is asked to', async () => {
  const state = await openState()
  const keyv = new Keyv5({ store: keyvStorage(state), throwOnErrors: true })
  keyv.on('error', () => undefined)
  await state.close()
  await expect(keyv.get('key')).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(keyv.set('key', 1)).rejects.toMatchObject({ code: 'CLOSED' })
})
