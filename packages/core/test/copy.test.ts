import { expect, test } from 'vitest'
import { copy, digest, systemClock, verify } from '../src/index.ts'
import { mapStore } from './test-state.ts'

const entry = (value: string, version: string, expiresAt?: number) => ({
  value: Buffer.from(value),
  version,
  ...(expiresAt !== undefined && { expiresAt }),
})

test('a copy has the same keys, values, versions and expiries', async () => {
  const [source, target] = [mapStore(systemClock), mapStore(systemClock)]
  const later = Date.now() + 60_000
  for (let i = 0; i < 2500; i++)
    await source.set(`key${i}`, entry(`"${i}"`, `v${i}`, i % 3 === 0 ? later : undefined))
  const told: number[] = []
  expect(await copy(source, target, { onProgress: (copied) => void told.push(copied) })).toBe(2500)
  expect(told.at(-1)).toBe(2500)
  expect(await target.get('key3')).toEqual(await source.get('key3'))
  expect(await verify(source, target)).toEqual({ keys: 2500, differences: 0, examples: [] })
  expect(await digest(target)).toBe(await digest(source))
})

test('verify and digest see a value, a version, an expiry and a key that differ', async () => {
  const later = Date.now() + 60_000
  const changes = {
    value: entry('2', 'v'),
    version: entry('1', 'w'),
    expiry: entry('1', 'v', later),
  }
  for (const changed of Object.values(changes)) {
    const [source, target] = [mapStore(systemClock), mapStore(systemClock)]
    for (const store of [source, target]) await store.set('same', entry('1', 'v'))
    await source.set('key', entry('1', 'v'))
    await target.set('key', changed)
    expect(await verify(source, target)).toEqual({ keys: 2, differences: 1, examples: ['key'] })
    expect(await digest(target)).not.toBe(await digest(source))
  }
  const [source, target] = [mapStore(systemClock), mapStore(systemClock)]
  await source.set('lost', entry('1', 'v'))
  await target.set('extra', entry('1', 'v'))
  expect(await verify(source, target)).toEqual({ keys: 1, differences: 2, examples: ['lost', 'extra'] })
})

test('a copy can be given up', async () => {
  const [source, target] = [mapStore(systemClock), mapStore(systemClock)]
  await source.set('key', entry('1', 'v'))
  await expect(copy(source, target, { signal: AbortSignal.abort() })).rejects.toThrow()
  expect(await target.get('key')).toBeUndefined()
})
