import type { AnyStore } from '@switchyard/core'
import type { BrokenStore } from '../broken-stores.ts'
import { broken } from './broken.ts'

export const BROKEN_KEYS: Readonly<Record<string, BrokenStore>> = {
  'folds the case of keys': broken('keys', ({ honest }) => renaming(honest, (key) => key.toLowerCase())),
  'normalises keys': broken('keys', ({ honest }) => renaming(honest, (key) => key.normalize('NFC'))),
  'trims keys': broken('keys', ({ honest }) => renaming(honest, (key) => key.trim() || '-')),
  'decodes keys': broken('keys', ({ honest }) => renaming(honest, (key) => key.replaceAll('%25', '%'))),
  'takes keys for paths': broken('keys', ({ honest }) =>
    renaming(honest, (key) => new URL(`x:/${key}`).pathname),
  ),
  'cuts off long keys': broken('keys', ({ honest }) => renaming(honest, (key) => key.slice(0, 255))),
  'keeps keys in a plain object': broken('keys', ({ honest }) => ({
    // What `object[key] !== undefined` would find.
    get: async (key) => (key in {} ? { value: Buffer.from('inherited'), version: 'v' } : honest.get(key)),
  })),
  'takes a prefix for a LIKE pattern': broken('lists', ({ honest }) => ({
    async *list({ prefix = '', ...options } = {}) {
      const literal = prefix.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      const like = new RegExp(`^${literal.replaceAll('%', '.*').replaceAll('_', '.')}`, 'su')
      for await (const page of honest.list(options)) yield page.filter(({ key }) => like.test(key))
    },
  })),
  'takes a prefix for a glob': broken('keys', ({ honest }) => ({
    async *list({ prefix = '', ...options } = {}) {
      const end = prefix.search(/[*?[]/)
      yield* honest.list({ ...options, prefix: end === -1 ? prefix : prefix.slice(0, end) })
    },
  })),
}

function renaming(store: AnyStore, name: (key: string) => string): Partial<AnyStore> {
  return {
    get: (key) => store.get(name(key)),
    getMany: (keys) => store.getMany(keys.map(name)),
    set: (key, entry, options) => store.set(name(key), entry, options),
    delete: (key, options) => store.delete(name(key), options),
    write: ({ operations, checks = [], ...rest }) =>
      store.write({
        ...rest,
        operations: operations.map((one) => ({ ...one, key: name(one.key) })),
        checks: checks.map((one) => ({ ...one, key: name(one.key) })),
      }),
  }
}
