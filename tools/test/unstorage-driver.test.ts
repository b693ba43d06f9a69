// Every behaviour that unstorage holds its own drivers to, over a state of each backend. It follows `testDriver` in
// test/drivers/utils.ts of unstorage 1.17 (unjs/unstorage, MIT), which is not in its package: the same names, keys and
// values, written anew and compared exactly.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createState, structuredCloneCodec } from '@switchyard/core'
import { isRedisWanted, startRedis } from '@switchyard/services'
import { createStorage, type Driver, restoreSnapshot, type Storage } from 'unstorage'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BACKEND_NAMES, openBackend } from '../switching/backends.ts'
import { stateDriver } from './state-driver.ts'

const backends = BACKEND_NAMES.filter((name) => name !== 'redis' || isRedisWanted())

describe.each(backends)('unstorage over %s', (name) => {
  let driver: Driver
  let storage: Storage

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-unstorage-'))
    const redis = name === 'redis' ? await startRedis() : undefined
    const place = { folder, prefix: 'unstorage', ...(redis !== undefined && { redisUrl: redis.url }) }
    const state = await createState({
      backends: { [name]: openBackend(name, place) },
      codec: structuredCloneCodec,
    })
    driver = stateDriver(state)
    storage = createStorage({ driver })
    return async () => {
      // Both, as there: what is disposed of twice has to bear it.
      await driver.dispose?.()
      await storage.dispose()
      await redis?.stop()
      rmSync(folder, { recursive: true })
    }
  })

  afterEach(() => storage.clear())

  test('init', async () => {
    await restoreSnapshot(storage, { initial: 'works' })
    expect(await storage.getItem('initial')).toBe('works')
  })

  test('initial state', async () => {
    expect(await storage.hasItem('s1:a')).toBe(false)
    expect(await storage.getItem('s2:a')).toBeNull()
    expect(await storage.getKeys()).toEqual([])
  })

  test('setItem', async () => {
    await setEach(['s1:a', 's2:a', 's3:a?q=1'])
    expect(await storage.hasItem('s1:a')).toBe(true)
    expect(await storage.getItem('s1:a')).toBe('test_data')
    expect(await storage.getItem('s3:a?q=2')).toBe('test_data')
  })

  test('getKeys', async () => {
    await setEach(['s1:a', 's2:a', 's3:a?q=1'])
    expect(await sortedKeys()).toEqual(['s1:a', 's2:a', 's3:a'])
    expect(await sortedKeys('s1')).toEqual(['s1:a'])
  })

  test('getKeys with depth', async () => {
    const [first, second, third] = [
      ['depth0_0'],
      ['depth0:depth1_0', 'depth0:depth1_1'],
      ['depth0:depth1:depth2_0', 'depth0:depth1:depth2_1'],
    ] as const
    await setEach([...first, ...third, ...second])
    expect(await sortedKeys(undefined, 0)).toEqual(first)
    expect(await sortedKeys(undefined, 1)).toEqual([...second, ...first])
    expect(await sortedKeys(undefined, 2)).toEqual([...third, ...second, ...first])
  })

  test('serialize (object)', () => comesBack('/data/test.json', { json: 'works' }))

  test('serialize (primitive)', () => comesBack('/data/true.json', true))

  test('serialize (lossy object with toJSON())', async () => {
    class Text {
      toJSON(): string {
        return 'SERIALIZED'
      }
    }
    await comesBack('/data/serialized1.json', new Text(), 'SERIALIZED')
    class Fields {
      toJSON(): object {
        return { serializedObj: 'works' }
      }
    }
    await comesBack('/data/serialized2.json', new Fields(), { serializedObj: 'works' })
  })

  test('serialize (error for non primitives)', async () => {
    class Plain {}
    await expect(storage.setItem('/data/badvalue.json', new Plain())).rejects.toThrow(
      '[unstorage] Cannot stringify value!',
    )
    expect(await storage.hasItem('/data/badvalue.json')).toBe(false)
  })

  test('raw support', async () => {
    const value = new Uint8Array([1, 2, 3])
    await storage.setItemRaw('/data/raw.bin', value)
    expect(await storage.getItemRaw('/data/raw.bin')).toEqual(value)
  })

  test('setItems', async () => {
    const items = [1, 2, 3].map((n) => ({ key: `t:${n}`, value: `test_data_t${n}` }))
    await storage.setItems(items)
    for (const { key, value } of items) expect(await storage.getItem(key)).toBe(value)
  })

  test('getItems', async () => {
    for (const key of ['v3:a?q=1', 'v2:a', 'v1:a']) await storage.setItem(key, `test_data_${key}`)
    const wanted = [{ key: 'v1:a' }, 'v2:a', { key: 'v3:a?q=1' }, 'v4:undefined']
    expect(await storage.getItems(wanted)).toEqual([
      { key: 'v1:a', value: 'test_data_v1:a' },
      { key: 'v2:a', value: 'test_data_v2:a' },
      { key: 'v3:a', value: 'test_data_v3:a?q=1' },
      { key: 'v4:undefined', value: null },
    ])
  })

  test('getItem - return falsy values when set in storage', async () => {
    await comesBack('zero', 0)
    await comesBack('my-false-flag', false)
  })

  test('removeItem', async () => {
    await storage.setItem('s1:a', 'test_data')
    await storage.removeItem('s1:a', false)
    expect(await storage.hasItem('s1:a')).toBe(false)
    expect(await storage.getItem('s1:a')).toBeNull()
  })

  test('clear', async () => {
    await setEach(['s1:a', 's2:a'])
    for (const _ of ['with entries', 'empty']) {
      await storage.clear()
      expect(await storage.getKeys()).toEqual([])
    }
  })

  async function setEach(keys: readonly string[]): Promise<void> {
    for (const key of keys) await storage.setItem(key, 'test_data')
  }

  async function sortedKeys(base?: string, maxDepth?: number): Promise<string[]> {
    return (await storage.getKeys(base, maxDepth === undefined ? {} : { maxDepth })).sort()
  }

  async function comesBack(
    key: string,
    value: object | boolean | number,
    as: unknown = value,
  ): Promise<void> {
    await storage.setItem(key, value)
    expect(await storage.getItem(key)).toEqual(as)
  }
})
