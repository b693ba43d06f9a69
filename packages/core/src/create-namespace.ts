import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Clock } from './clock.ts'
import type { Codec } from './codec.ts'
import { compareAndSet, LOST } from './compare-and-set.ts'
import { type EntryAccess, makeAt } from './entry-access.ts'
import { conflict, isStateError, StateError } from './errors.ts'
import type { KeyedLock } from './keyed-lock.ts'
import { checkPrefix } from './keys.ts'
import type { Lister, Listing, ListingOptions } from './listing.ts'
import type { NamespaceOptions, SetValueOptions, StateNamespace, ValueEntry, Written } from './namespace.ts'
import type { CallOptions } from './operations.ts'
import { validate } from './schema.ts'
import type { Awaitable, Entry, ListedEntry, Operation } from './store.ts'
import type { TransactionOperationResult } from './transaction.ts'
import { expiryOf, type Ttl } from './ttl.ts'
import type { Watches } from './watch.ts'

/** What all namespaces of one state share. */
export interface NamespaceContext {
  readonly access: EntryAccess
  readonly lister: Lister
  readonly watches: Watches
  readonly clock: Clock
  /** Makes versions. */
  readonly nextVersion: () => string
  /** Turns of those who read, decide and write. */
  readonly lock: KeyedLock
}

export interface NamespaceSettings {
  readonly prefix: string
  readonly codec: Codec
  readonly ttl?: Ttl | undefined
  readonly schema?: StandardSchemaV1 | undefined
}

/** What {@link change} is to do: write this entry, or delete if there is none; and what its caller gets. */
interface Decision<T> {
  readonly entry?: Entry | undefined
  readonly result: T
}

export function createNamespace(context: NamespaceContext, settings: NamespaceSettings): StateNamespace {
  const { access, lister, watches, clock, nextVersion, lock } = context
  const { prefix, codec, schema } = settings

  /** What is not a key stays what it is, for the check at the store's edge to refuse. */
  const fullKey = (key: string): string =>
    prefix === '' || key === '' || typeof key !== 'string' ? key : prefix + key
  const ownKey = (key: string): string => key.slice(prefix.length)

  const decode = (entry: Entry): unknown => codec.decode(entry.value)

  function valueEntry({ value, version, expiresAt }: Entry): ValueEntry<unknown> {
    const decoded = codec.decode(value)
    return expiresAt === undefined ? { value: decoded, version } : { value: decoded, version, expiresAt }
  }

  function newEntry(value: Uint8Array, expiresAt: number | undefined): Entry {
    return expiresAt === undefined
      ? { value, version: nextVersion() }
      : { value, version: nextVersion(), expiresAt }
  }

  function encode(value: unknown, key: string, expiresAt: number | undefined): Entry {
    try {
      if (value !== undefined) return newEntry(codec.encode(value), expiresAt)
    } catch (error) {
      const { code, message, cause } = isStateError(error) ? error : codecFailure(codec, error)
      throw new StateError(code, `${message} (key '${key}')`, { key, cause })
    }
    throw new StateError(
      'NOT_SERIALIZABLE',
      `undefined is no value for '${key}'; set null or delete the key`,
      { key },
    )
  }

  const expiry = (ttl: Ttl | undefined = settings.ttl): number | undefined =>
    ttl === undefined ? undefined : expiryOf(ttl, clock.now())

  const validated = (value: unknown, key: string): Awaitable<unknown> =>
    schema === undefined ? value : validate(schema, value, key)

  /** Sets, with all values validated before the first is encoded. */
  async function encodeAll(
    sets: readonly { readonly key: string; readonly value: unknown; readonly ttl?: Ttl }[],
  ): Promise<Extract<Operation, { op: 'set' }>[]> {
    const values =
      schema === undefined ? undefined : await Promise.all(sets.map((set) => validated(set.value, set.key)))
    return sets.map(({ key, value, ttl }, i) => {
      const full = fullKey(key)
      return {
        op: 'set',
        key: full,
        entry: encode(values === undefined ? value : values[i], full, expiry(ttl)),
      }
    })
  }

  function incrementOperation(key: string, by: number, ttl: Ttl | undefined): Operation {
    if (schema !== undefined || codec.readsJson !== true) {
      const why =
        schema === undefined ? `codec '${codec.name}' does not read JSON` : 'its namespace has a schema'
      throw new StateError('NOT_SUPPORTED', `'${key}' cannot be incremented: ${why}; use update()`, { key })
    }
    const operation = { op: 'increment', key: fullKey(key), by, version: nextVersion() } as const
    const expiresAt = expiry(ttl)
    return expiresAt === undefined ? operation : { ...operation, expiresAt }
  }

  /** Reads the raw entry, and writes what `decide` makes of it unless someone else wrote meanwhile. */
  function change<T>(
    key: string,
    options: CallOptions | undefined,
    decide: (found: Entry | undefined, key: string) => Awaitable<Decision<T>>,
  ): Promise<T> {
    const full = fullKey(key)
    return compareAndSet(full, lock, options, async (budget) => {
      const found = await access.read(full, budget.left(), (entry) => entry)
      const { entry, result } = await decide(found, full)
      if (entry === found) return result
      const left = budget.left()
      try {
        if (entry !== undefined) {
          await budget.send(() => access.set(full, entry, { ...left, ifVersion: found?.version ?? null }))
        } else if (found !== undefined) {
          await budget.send(() => access.delete(full, { ...left, ifVersion: found.version }))
        }
      } catch (error) {
        if (isStateError(error, 'CONFLICT')) return LOST
        throw error
      }
      return result
    })
  }

  function set(key: string, value: unknown, options?: SetValueOptions): Promise<Written> {
    // The plain write takes the shortest way.
    if (options === undefined && schema === undefined) {
      try {
        const full = fullKey(key)
        return access.set(full, encode(value, full, expiry()))
      } catch (error) {
        return Promise.reject(error)
      }
    }
    return setWith(key, value, options ?? {})
  }

  async function setWith(key: string, value: unknown, options: SetValueOptions): Promise<Written> {
    const { ttl, keepTtl = false, ifVersion, ifAbsent = false, ...callOptions } = options
    if (keepTtl && ttl !== undefined) throw invalid('keepTtl and ttl exclude each other', key)
    if (ifAbsent && ifVersion !== undefined) throw invalid('ifAbsent and ifVersion exclude each other', key)
    const full = fullKey(key)
    const valid = await validated(value, full)
    if (keepTtl && !ifAbsent) {
      return change(key, callOptions, (found) => {
        if (ifVersion !== undefined && found?.version !== ifVersion) throw conflict(full)
        const entry = encode(valid, full, found === undefined ? expiry() : found.expiresAt)
        return { entry, result: writtenOf(entry) }
      })
    }
    const condition = ifAbsent ? { ifVersion: null } : ifVersion === undefined ? {} : { ifVersion }
    return access.set(full, encode(valid, full, expiry(ttl)), { ...callOptions, ...condition })
  }

  function listing<T>(
    options: ListingOptions,
    keysOnly: boolean,
    make: (listed: ListedEntry) => T,
  ): Listing<T> {
    const { cursor, prefix: within = '' } = options
    const full = {
      ...options,
      prefix: prefix + within,
      ...(cursor === undefined ? {} : { cursor: fullKey(cursor) }),
    }
    return {
      async page() {
        const page = await lister.page(full, keysOnly)
        const items = page.items.map(make)
        return page.cursor === undefined ? { items } : { items, cursor: ownKey(page.cursor) }
      },
      async *[Symbol.asyncIterator]() {
        for await (const page of lister.pages(full, keysOnly)) yield* page.map(make)
      },
    }
  }

  // The implementation knows no value types: `never` lets each method stand for every one of them.
  return {
    get: (key, options) => access.read(fullKey(key), options, decode) as Promise<never>,
    getEntry: (key, options) => access.read(fullKey(key), options, valueEntry) as Promise<never>,
    has: async (key, options) => (await access.read(fullKey(key), options, () => true)) === true,
    getMany: async (keys, options) => access.readMany(keys.map(fullKey), options, decode) as Promise<never[]>,
    getManyEntries: async (keys, options) =>
      access.readMany(keys.map(fullKey), options, valueEntry) as Promise<never[]>,
    set,
    async setMany(entries, options) {
      const sets = await encodeAll(entries)
      await access.write({ operations: sets }, options)
      return sets.map(({ entry }) => writtenOf(entry))
    },
    delete: (key, options) => access.delete(fullKey(key), options),
    async deleteMany(keys, options) {
      return countDeleted(await access.write({ operations: keys.map(fullKey).map(deletion) }, options))
    },
    async touch(key, ttl, options) {
      const expiresAt = expiryOf(ttl, clock.now())
      return change(key, options, (found) => ({
        entry: found && newEntry(found.value, expiresAt),
        result: found !== undefined,
      }))
    },
    persist: (key, options) =>
      change(key, options, (found) => ({
        entry: found?.expiresAt === undefined ? found : newEntry(found.value, undefined),
        result: found !== undefined,
      })),
    take: (key, options) => change(key, options, (found) => ({ result: (found && decode(found)) as never })),
    update: (key, fn, options) =>
      change(key, options, async (found, full) => {
        const made = await fn((found && decode(found)) as never)
        if (made === undefined) return { result: undefined }
        const value = await validated(made, full)
        const keeps = found !== undefined && options?.ttl === undefined
        return {
          entry: encode(value, full, keeps ? found.expiresAt : expiry(options?.ttl)),
          result: value as never,
        }
      }),
    async increment(key, by = 1, options) {
      const operation = incrementOperation(key, by, options?.ttl)
      const [result] = await access.write({ operations: [operation] }, options)
      return (result as Extract<TransactionOperationResult, { op: 'increment' }>).value
    },
    async transaction({ checks = [], operations }, options) {
      const sets = await encodeAll(operations.filter((operation) => operation.op === 'set'))
      const made = operations.map((operation): Operation => {
        if (operation.op === 'set') return sets.shift() as Operation
        if (operation.op === 'delete') return deletion(fullKey(operation.key))
        if (operation.op === 'increment')
          return incrementOperation(operation.key, operation.by ?? 1, operation.ttl)
        const { op } = operation as { readonly op: unknown }
        throw new StateError(
          'INVALID_OPTIONS',
          `A transaction can set, delete and increment, not '${String(op)}'`,
        )
      })
      const fullChecks = checks.map(({ key, version }) => ({ key: fullKey(key), version }))
      return { results: await access.write({ operations: made, checks: fullChecks, atomic: true }, options) }
    },
    keys: (options = {}) => listing(options, true, ({ key }) => ownKey(key)),
    entries: (options = {}) =>
      listing(options, false, ({ key, entry }) =>
        makeAt(key, () => ({ key: ownKey(key), ...valueEntry(entry as Entry) })),
      ) as Listing<never>,
    async clear({ prefix: within = '', ...options } = {}) {
      let count = 0
      for await (const page of lister.pages({ ...options, prefix: prefix + within }, true)) {
        count += countDeleted(
          await access.write({ operations: page.map(({ key }) => deletion(key)) }, options),
        )
      }
      return count
    },
    watch(within = '', options) {
      checkPrefix(within)
      return watches.open(prefix + within, options, ownKey)
    },
    namespace: (name, options = {}) =>
      createNamespace(
        context,
        nested(settings, name, options as NamespaceOptions<unknown, unknown>),
      ) as never,
  }
}

function nested(
  outer: NamespaceSettings,
  name: string,
  options: NamespaceOptions<unknown, unknown>,
): NamespaceSettings {
  checkPrefix(name)
  if (name === '' || name.includes(':')) {
    throw new StateError(
      'INVALID_OPTIONS',
      `A namespace's name is not empty and has no ':', unlike '${name}'`,
    )
  }
  const { codec = outer.codec, ttl = outer.ttl, schema = outer.schema } = options
  // A TTL that is none is told now and not at the first write.
  if (ttl !== undefined) expiryOf(ttl, 0)
  return { prefix: `${outer.prefix}${name}:`, codec, ttl, schema }
}

function writtenOf({ version, expiresAt }: Entry): Written {
  return expiresAt === undefined ? { version } : { version, expiresAt }
}

function deletion(key: string): Operation {
  return { op: 'delete', key }
}

function countDeleted(results: readonly { readonly op: string; readonly deleted?: boolean }[]): number {
  return results.filter((result) => result.deleted === true).length
}

function codecFailure(codec: Codec, cause: unknown): StateError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StateError('NOT_SERIALIZABLE', `Codec '${codec.name}' cannot encode the value: ${reason}`, {
    cause,
  })
}

function invalid(message: string, key: string): StateError {
  return new StateError('INVALID_OPTIONS', message, { key, operation: 'set' })
}
