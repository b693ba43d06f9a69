import { type AnyStore, type Entry, StateError } from '@switchyard/core'
import type { BrokenStore } from '../broken-stores.ts'
import { broken } from './broken.ts'

export const BROKEN_VALUES: Readonly<Record<string, BrokenStore>> = {
  'imports without expiries': broken('batches', ({ honest }) => ({
    async importMany(pages) {
      for await (const page of pages) {
        for (const { key, entry } of page) {
          const { value, version } = entry as Entry
          await honest.set(key, { value, version })
        }
      }
    },
  })),
  'imports no more than one page': broken('batches', ({ honest }) => ({
    async importMany(pages) {
      for await (const page of pages) {
        for (const { key, entry } of page) await honest.set(key, entry as Entry)
        return
      }
    },
  })),
  'goes on with an import that has failed': broken('batches', ({ honest }) => ({
    async importMany(pages) {
      for await (const page of pages) {
        setTimeout(() => {
          for (const { key, entry } of page) void honest.set(key, entry as Entry)
        }, 1)
      }
    },
  })),
  'cuts off long values': broken('values', ({ honest }) =>
    reading(honest, (value) => value.subarray(0, 65_536)),
  ),
  'decodes values as UTF-8': broken('values', ({ honest }) =>
    reading(honest, (value) => Buffer.from(Buffer.from(value).toString())),
  ),
  'ends values at a zero byte': broken('values', ({ honest }) =>
    reading(honest, (value) => value.subarray(0, value.includes(0) ? value.indexOf(0) : undefined)),
  ),
  'takes empty values for absent ones': broken('values', ({ honest }) => ({
    get: async (key) => keepIf(await honest.get(key), ({ value }) => value.byteLength > 0),
  })),
  'stores the whole buffer behind a view': broken('values', ({ honest }) => ({
    set: (key, entry, options) =>
      honest.set(key, { ...entry, value: Buffer.from(entry.value.buffer) }, options),
  })),
  'reads into one buffer for all': broken('values', ({ honest }) => {
    const scratch = Buffer.alloc(2 ** 21)
    return {
      async get(key) {
        const entry = await honest.get(key)
        if (entry === undefined) return undefined
        scratch.set(entry.value)
        return { ...entry, value: scratch.subarray(0, entry.value.byteLength) }
      },
    }
  }),
  'holds less than it declares': broken('values', ({ honest }) => ({
    async set(key, entry, options) {
      if (entry.value.byteLength > 1_500_000) throw new StateError('FULL', 'too long')
      await honest.set(key, entry, options)
    },
  })),
  'gives values as text': broken('values', ({ honest }) => ({
    get: async (key) =>
      change(await honest.get(key), (entry) => ({ ...entry, value: Buffer.from(entry.value).toString() })),
  })),
  'gives null for a miss': broken('keys', ({ honest }) => ({
    get: async (key) => (await honest.get(key)) ?? (null as never),
  })),
  'throws a plain Error for a miss': broken('keys', ({ honest }) => ({
    async get(key) {
      return (await honest.get(key)) ?? Promise.reject(new Error('not found'))
    },
  })),
  'gives versions of its own': broken('versions', ({ honest }) => {
    let count = 0
    return { set: (key, entry, options) => honest.set(key, { ...entry, version: `${++count}` }, options) }
  }),
  'compares versions as numbers': broken('versions', ({ honest }) => ({
    async set(key, entry, options) {
      const found = await honest.get(key)
      const same = found !== undefined && Number(found.version) === Number(options?.ifVersion)
      await honest.set(key, entry, same ? {} : options)
    },
  })),
  'says of every deletion that it deleted': broken('versions', ({ honest }) => ({
    delete: async (key, options) => (await honest.delete(key, options)) || true,
  })),
  'does not say what it deleted': broken('versions', ({ honest }) => ({
    delete: async (key, options) => void (await honest.delete(key, options)) as never,
  })),
  'deletes nothing in silence if the version is another': broken('versions', ({ honest }) => ({
    delete: (key, options) => Promise.resolve(honest.delete(key, options)).catch(() => false),
  })),
  'swallows errors': broken('versions', ({ honest }) => ({
    set: (key, entry, options) => Promise.resolve(honest.set(key, entry, options)).catch(() => undefined),
  })),
  'rejects a conflict with a plain Error': broken('versions', ({ honest }) => ({
    set: (key, entry, options) =>
      Promise.resolve(honest.set(key, entry, options)).catch((error) =>
        Promise.reject(new Error(String(error))),
      ),
  })),
  'does not name the key of a conflict': broken('versions', ({ honest }) => ({
    set: (key, entry, options) =>
      Promise.resolve(honest.set(key, entry, options)).catch(() =>
        Promise.reject(new StateError('CONFLICT', 'no')),
      ),
  })),
  'writes before it refuses': broken('versions', ({ entries }) => ({
    async set(key, entry, options) {
      const before = entries.get(key)
      entries.set(key, entry)
      if (options?.ifVersion !== undefined && options.ifVersion !== (before?.version ?? null)) {
        throw new StateError('CONFLICT', 'too late', { key })
      }
    },
  })),
}

function reading(store: AnyStore, value: (bytes: Uint8Array) => Uint8Array): Partial<AnyStore> {
  return {
    get: async (key) => change(await store.get(key), (entry) => ({ ...entry, value: value(entry.value) })),
  }
}

function change(entry: Entry | undefined, make: (entry: Entry) => object): Entry | undefined {
  return entry === undefined ? undefined : (make(entry) as Entry)
}

function keepIf(entry: Entry | undefined, holds: (entry: Entry) => boolean): Entry | undefined {
  return entry !== undefined && holds(entry) ? entry : undefined
}
