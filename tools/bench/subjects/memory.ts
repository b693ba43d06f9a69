import { createState } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { createCache } from 'cache-manager'
import { Keyv } from 'keyv'
import { createStorage } from 'unstorage'
import type { Subject } from './subject.ts'

export async function memorySubjects(): Promise<ReadonlyMap<string, Subject>> {
  const raw = new Map<string, unknown>()
  const state = await createState({ backends: { memory: memory() } })
  const keyv = new Keyv()
  const storage = createStorage()
  const cache = createCache()
  return new Map<string, Subject>([
    [
      'raw Map in an async function',
      {
        get: async (key) => raw.get(key),
        set: async (key, value) => void raw.set(key, value),
        getMany: async (keys) => keys.map((key) => raw.get(key)),
      },
    ],
    [
      '@switchyard/memory',
      {
        get: (key) => state.get(key),
        set: (key, value) => state.set(key, value),
        getMany: (keys) => state.getMany(keys),
        setMany: (entries) => state.setMany(entries),
        close: () => state.close(),
      },
    ],
    [
      'keyv 6 (JSON)',
      {
        get: (key) => keyv.get(key),
        set: (key, value) => keyv.set(key, value),
        getMany: (keys) => keyv.get(keys),
      },
    ],
    [
      'unstorage memory',
      {
        get: (key) => storage.getItem(key),
        set: (key, value) => storage.setItem(key, value as object),
        getMany: (keys) => storage.getItems(keys),
      },
    ],
    [
      'cache-manager 7',
      {
        get: (key) => cache.get(key),
        set: (key, value) => cache.set(key, value),
        getMany: (keys) => cache.mget(keys),
      },
    ],
  ])
}
