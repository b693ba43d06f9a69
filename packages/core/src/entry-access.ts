import { asStateError, StateError } from './errors.ts'
import type { Events } from './events.ts'
import type { Written } from './namespace.ts'
import type { CallOptions, Operations } from './operations.ts'
import type { Entry, Operation, OperationResult, WriteBatch } from './store.ts'
import type { TransactionOperationResult } from './transaction.ts'

/** Reads and writes entries by their full keys, and tells the listeners what has changed. */
export interface EntryAccess {
  read<T>(
    key: string,
    options: CallOptions | undefined,
    make: (entry: Entry, key: string) => T,
  ): Promise<T | undefined>
  readMany<T>(
    keys: readonly string[],
    options: CallOptions | undefined,
    make: (entry: Entry, key: string) => T,
  ): Promise<(T | undefined)[]>
  set(
    key: string,
    entry: Entry,
    options?: CallOptions & { readonly ifVersion?: string | null },
  ): Promise<Written>
  delete(key: string, options?: CallOptions & { readonly ifVersion?: string }): Promise<boolean>
  write(batch: WriteBatch, options?: CallOptions): Promise<readonly TransactionOperationResult[]>
}

export function createEntryAccess(operations: Operations, events: Events): EntryAccess {
  function checked(entry: Entry, key: string): Entry {
    if (entry?.value instanceof Uint8Array && typeof entry.version === 'string') return entry
    throw new StateError('CORRUPT', `The backend gave for '${key}' what is not an entry`, { key })
  }

  function written(key: string, { version, expiresAt }: Written): Written {
    const result = expiresAt === undefined ? { version } : { version, expiresAt }
    if (events.hears('change')) events.changed({ type: 'set', key, ...result })
    return result
  }

  function removed(key: string, deleted: boolean): boolean {
    if (deleted && events.hears('change')) events.changed({ type: 'delete', key })
    return deleted
  }

  function applied(operation: Operation, result: OperationResult | undefined): TransactionOperationResult {
    const { key } = operation
    if (operation.op === 'set' && result?.op === 'set') return { op: 'set', ...written(key, operation.entry) }
    if (operation.op === 'delete' && result?.op === 'delete') {
      return { op: 'delete', deleted: removed(key, result.deleted) }
    }
    if (operation.op === 'increment' && result?.op === 'increment') {
      const { value, ...expiry } = result
      return { ...written(key, { version: operation.version, ...expiry }), op: 'increment', value }
    }
    throw new StateError('CORRUPT', `The backend answered '${operation.op}' with '${result?.op}'`, { key })
  }

  return {
    read: (key, options, make) =>
      operations.run({
        operation: 'get',
        key,
        options,
        send: (store, storeOptions) => store.get(key, storeOptions),
        finish: (entry) => (entry === undefined ? undefined : make(checked(entry, key), key)),
      }),
    readMany: (keys, options, make) =>
      operations.run({
        operation: 'getMany',
        options,
        send: (store, storeOptions) => store.getMany(keys, storeOptions),
        finish(entries) {
          if (entries.length !== keys.length) {
            throw new StateError(
              'CORRUPT',
              `The backend gave ${entries.length} entries for ${keys.length} keys`,
            )
          }
          return entries.map((entry, i) => {
            const key = keys[i] as string
            return entry === undefined ? undefined : makeAt(key, () => make(checked(entry, key), key))
          })
        },
      }),
    set: (key, entry, options) =>
      operations.run({
        operation: 'set',
        key,
        writes: true,
        options,
        send: (store, storeOptions) =>
          options?.ifVersion === undefined
            ? store.set(key, entry, storeOptions)
            : store.set(key, entry, { ...storeOptions, ifVersion: options.ifVersion }),
        finish: () => written(key, entry),
      }),
    delete: (key, options) =>
      operations.run({
        operation: 'delete',
        key,
        writes: true,
        options,
        send: (store, storeOptions) =>
          options?.ifVersion === undefined
            ? store.delete(key, storeOptions)
            : store.delete(key, { ...storeOptions, ifVersion: options.ifVersion }),
        finish: (deleted) => removed(key, deleted),
      }),
    write: (batch, options) =>
      operations.run({
        operation: 'write',
        writes: true,
        options,
        send: (store, storeOptions) => store.write(batch, storeOptions),
        finish: ({ results }) => batch.operations.map((operation, i) => applied(operation, results[i])),
      }),
  }
}

/** Of many entries one may be damaged: its error names it. */
export function makeAt<T>(key: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw asStateError(error, { key })
  }
}
