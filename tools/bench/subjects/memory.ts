import { createState } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { createCache } from 'cache-manager'
import { Keyv } from 'keyv'
import { createStorage } from 'unstorage'
import { MEMORY } from '../names.ts'
import type { Subject, Subjects } from './subject.ts'
import { switchyard } from './switchyard.ts'

export async function memorySubjects(): Promise<Subjects> {
  return new Map([
    [MEMORY.map, rawMap()],
    [MEMORY.jsonMap, jsonMap()],
    [MEMORY.ours, switchyard(await createState({ backends: { memory: memory() } }))],
    [MEMORY.keyv, keyv()],
    [MEMORY.unstorage, unstorage()],
    [MEMORY.cacheManager, cacheManager()],
  ])
}

/** Keeps references: who changes a value has changed the map's. */
function rawMap(): Subject {
  const map = new Map<string, object>()
  return {
    get: async (key) => map.get(key),
    set: async (key, value) => void map.set(key, value),
    getMany: async (keys) => keys.map((key) => map.get(key)),
  }
}

function jsonMap(): Subject {
  const map = new Map<string, string>()
  const get = (key: string): unknown => {
    const text = map.get(key)
    return text === undefined ? undefined : JSON.parse(text)
  }
  return {
    get: async (key) => get(key),
    set: async (key, value) => void map.set(key, JSON.stringify(value)),
    getMany: async (keys) => keys.map(get),
  }
}

function keyv(): Subject {
  const store = new Keyv()
  return {
    get: (key) => store.get(key),
    set: (key, value) => store.set(key, value),
    getMany: (keys) => store.getMany(keys),
  }
}

function unstorage(): Subject {
  const storage = createStorage()
  return {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    getMany: (keys) => storage.getItems(keys),
  }
}

function cacheManager(): Subject {
  const cache = createCache()
  return {
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    getMany: (keys) => cache.mget(keys),
  }
}
