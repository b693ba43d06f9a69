import type { AnyStore } from './capabilities.ts'
import { type Clock, isExpired } from './clock.ts'
import { conflict, notAllApplied } from './errors.ts'
import { incrementEntry } from './increment.ts'
import { createKeyedLock } from './keyed-lock.ts'
import type {
  Awaitable,
  Check,
  Checkable,
  Entry,
  ListedEntry,
  ListOptions,
  Operation,
  OperationOptions,
  OperationResult,
  Optimizable,
  StateStore,
  StorageStats,
  Watchable,
  WriteBatch,
} from './store.ts'

/**
 * The least a backend has to do: keep entries, and list all it keeps. Expired entries, checks,
 * increments, batches, statistics and cleanup are derived from that.
 */
export interface BasicStore extends Partial<Watchable>, Partial<Optimizable>, Partial<Checkable> {
  /** The entry as it was set, expired or not. */
  get(key: string, options?: OperationOptions): Awaitable<Entry | undefined>
  /** Replaces whatever is there. */
  set(key: string, entry: Entry, options?: OperationOptions): Awaitable<void>
  /** Removes whatever is there; nothing if there is nothing. */
  delete(key: string, options?: OperationOptions): Awaitable<void>
  /**
   * Pages of all entries whose key starts with `prefix`, expired ones too. `after` and `limit` are to be
   * heeded if the plugin declares `ordered`, and are never given otherwise.
   */
  list(options: BasicListOptions): AsyncIterable<readonly Required<ListedEntry>[]>
  close(): Awaitable<void>
  /** If several keys can be read in one round trip. */
  getMany?(keys: readonly string[], options?: OperationOptions): Promise<readonly (Entry | undefined)[]>
  /** If the backend can count without listing everything. */
  stats?(options?: OperationOptions): Promise<StorageStats>
}

export interface BasicListOptions extends OperationOptions {
  readonly prefix: string
  readonly after?: string
  readonly limit: number
}

/** A whole store, with those optional parts that the basic one has. */
export type DefinedStore<Basic extends BasicStore> = StateStore &
  Pick<Basic, Extract<keyof Basic, 'watch' | 'optimize' | 'checkHealth'>>

const DERIVED = Symbol.for('switchyard.derived')

/** True if checks and increments are derived, and so atomic in this process only. */
export function isDerived(store: StateStore): boolean {
  return (store as { readonly [DERIVED]?: boolean })[DERIVED] === true
}

/**
 * Makes a whole store of the least one. What it derives holds in this process only, so the plugin has
 * to declare `atomicity: 'process'` and `transactions: false`; anything else is refused when the store is
 * opened. A backend that can do better implements {@link StateStore} itself.
 */
export function defineStore<Basic extends BasicStore>(
  basic: Basic,
  { clock }: { readonly clock: Clock },
): DefinedStore<Basic> {
  const lock = createKeyedLock()
  const reads = new Set<Promise<unknown>>()

  async function live(key: string, options?: OperationOptions): Promise<Entry | undefined> {
    const entry = await basic.get(key, options)
    return entry === undefined || isExpired(entry, clock.now()) ? undefined : entry
  }

  function tracked<T>(read: Promise<T>): Promise<T> {
    reads.add(read)
    const forget = (): void => void reads.delete(read)
    read.then(forget, forget)
    return read
  }

  async function getMany(
    keys: readonly string[],
    options?: OperationOptions,
  ): Promise<(Entry | undefined)[]> {
    if (basic.getMany === undefined) return Promise.all(keys.map((key) => live(key, options)))
    const entries = await basic.getMany(keys, options)
    const now = clock.now()
    return entries.map((entry) => (entry === undefined || isExpired(entry, now) ? undefined : entry))
  }

  async function* list(options: ListOptions = {}): AsyncGenerator<readonly ListedEntry[]> {
    const { prefix = '', limit = 1000, keysOnly = false } = options
    for await (const page of basic.list({ ...options, prefix, limit })) {
      const now = clock.now()
      const found = page.filter(({ entry }) => !isExpired(entry, now))
      for (let i = 0; i < found.length; i += limit) {
        const part = found.slice(i, i + limit)
        yield keysOnly ? part.map(({ key }) => ({ key })) : part
      }
    }
  }

  async function apply(operation: Operation, options?: OperationOptions): Promise<OperationResult> {
    const { key } = operation
    switch (operation.op) {
      case 'set':
        await basic.set(key, operation.entry, options)
        return { op: 'set' }
      case 'delete': {
        const deleted = (await live(key, options)) !== undefined
        await basic.delete(key, options)
        return { op: 'delete', deleted }
      }
      case 'increment': {
        const { entry, result } = incrementEntry(await live(key, options), operation)
        await basic.set(key, entry, options)
        return result
      }
    }
  }

  async function check({ key, version }: Check, options?: OperationOptions): Promise<void> {
    const found = (await live(key, options))?.version ?? null
    if (found !== version) throw conflict(key)
  }

  /** The batch with more than one key is not atomic: the edge has refused those that ask for it. */
  async function write(
    batch: WriteBatch,
    options?: OperationOptions,
  ): Promise<{ results: OperationResult[] }> {
    const results: OperationResult[] = []
    const { operations, checks = [] } = batch
    for (const one of checks) await lock.run(one.key, () => check(one, options))
    for (const operation of operations) {
      try {
        results.push(await lock.run(operation.key, () => apply(operation, options)))
      } catch (error) {
        if (operations.length === 1) throw error
        const rest = operations.slice(results.length).map((one) => one.key)
        throw notAllApplied(error, rest)
      }
    }
    return { results }
  }

  async function cleanup(
    options: { onRemoved?: (keys: readonly string[]) => void } = {},
  ): Promise<{ removed: number }> {
    let removed = 0
    for await (const page of basic.list({ prefix: '', limit: 1000 })) {
      const keys: string[] = []
      for (const { key, entry } of page) {
        if (!isExpired(entry, clock.now())) continue
        await lock.run(key, async () => {
          const found = await basic.get(key)
          if (found === undefined || !isExpired(found, clock.now())) return
          await basic.delete(key)
          keys.push(key)
        })
      }
      removed += keys.length
      if (keys.length > 0) options.onRemoved?.(keys)
    }
    return { removed }
  }

  async function stats(): Promise<StorageStats> {
    let keys = 0
    let expired = 0
    let bytes = 0
    for await (const page of basic.list({ prefix: '', limit: 1000 })) {
      const now = clock.now()
      for (const { key, entry } of page) {
        if (isExpired(entry, now)) expired++
        else keys++
        bytes += Buffer.byteLength(key) + entry.value.byteLength
      }
    }
    return { keys, bytes, expired }
  }

  let closing: Promise<void> | undefined

  async function close(): Promise<void> {
    await Promise.allSettled([lock.idle(), ...reads])
    await basic.close()
  }

  const store: AnyStore = {
    get: (key, options) => tracked(live(key, options)),
    getMany: (keys, options) => tracked(getMany(keys, options)),
    list,
    set: (key, entry, options = {}) =>
      lock.run(key, async () => {
        if (options.ifVersion !== undefined) await check({ key, version: options.ifVersion }, options)
        await basic.set(key, entry, options)
      }),
    delete: (key, options = {}) =>
      lock.run(key, async () => {
        const found = await live(key, options)
        if (options.ifVersion !== undefined && found?.version !== options.ifVersion) throw conflict(key)
        await basic.delete(key, options)
        return found !== undefined
      }),
    write: (batch, options) => tracked(write(batch, options)),
    stats: (options) => tracked(basic.stats === undefined ? stats() : basic.stats(options)),
    cleanup: (options) => tracked(cleanup(options)),
    close() {
      closing ??= close()
      return closing
    },
  }
  if (basic.watch !== undefined) store.watch = basic.watch.bind(basic)
  if (basic.optimize !== undefined) store.optimize = basic.optimize.bind(basic)
  if (basic.checkHealth !== undefined) store.checkHealth = basic.checkHealth.bind(basic)
  return Object.defineProperty(store, DERIVED, { value: true }) as DefinedStore<Basic>
}
